/** The password waits for the code no longer than the code is waited for. */
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { ready } from '../../src/crypto/sodium.ts'
import type { Desk } from '../../src/crypto/desk.ts'
import { Login } from '../../src/session/login.ts'
import type { Ports } from '../../src/session/ports.ts'
import { Session } from '../../src/session/session.ts'
import { Transport } from '../../src/session/transport.ts'
import { FakeAuthenticator } from '../fakes/authenticator.ts'
import { FakeClock } from '../fakes/clock.ts'
import { FakeDevice } from '../fakes/device.ts'
import { ANNE } from '../fakes/letters.ts'
import { FakePresence } from '../fakes/presence.ts'
import { FakeSearcher } from '../fakes/searcher.ts'
import { FakeRelay } from '../fakes/relay.ts'

let relay: FakeRelay
let clock: FakeClock
let unlocks: unknown[]
let locks: number
let login: Login

beforeAll(ready)
beforeEach(() => {
  relay = new FakeRelay(new Uint8Array(1))
  const challenge = { challenge: 'c', expiresIn: 60, kdf: { name: 'argon2id' } }
  const needed = { type: 'https://pli.example/problems/mfaRequired', status: 401, ticket: 'ticket', account: ANNE }
  relay.answers.set('/auth/challenge', () => Response.json(challenge))
  relay.answers.set('/auth/login', () => Response.json(needed, { status: 401 }))
  relay.answers.set('/auth/totp', () => Response.json({ accessToken: 't', account: ANNE, expiresIn: 900 }))
  clock = new FakeClock()
  unlocks = []
  locks = 0
  const { lasting, keeping, store } = new FakeDevice()
  const ports: Ports = { network: relay, clock, lasting, keeping, store, presence: new FakePresence(), authenticator: new FakeAuthenticator(), searcher: () => new FakeSearcher() }
  const transport = new Transport(relay)
  login = new Login(desk, transport, ports, new Session(desk, transport, ports))
})

/** A worker that says which password it was given to open the box with, and opens nothing. */
const desk = {
  call: (name: string, given: unknown) => {
    if (name === 'lock') locks += 1
    if (name !== 'unlockWithPassword') return Promise.resolve(new Uint8Array(64))
    unlocks.push((given as { readonly password: string }).password)
    return Promise.reject(new Error('nothing opens'))
  },
} as unknown as Desk

const begin = async (): Promise<void> => {
  expect(await login.withPassword('anne', 'tilleul')).toEqual({ kind: 'codeNeeded', ticket: 'ticket' })
}
const enter = (): Promise<void> => login.withCode('ticket', '123456', false)

test('a code in time opens the box with the password that came before it', async () => {
  await begin()
  clock.pass(299_000)
  await expect(enter()).rejects.toThrow('nothing opens')
  expect(unlocks).toEqual(['tilleul'])
})

test('after five minutes the password is forgotten, here and in the worker', async () => {
  await begin()
  clock.pass(300_000)
  await expect(enter()).rejects.toMatchObject({ kind: 'ticketExpired' })
  expect([unlocks, locks]).toEqual([[], 1])
})

test('whoever goes back from the code, or leaves, leaves no password', async () => {
  await begin()
  await login.abandon()
  await expect(enter()).rejects.toMatchObject({ kind: 'ticketExpired' })
  await begin()
  await login.leave()
  await expect(enter()).rejects.toMatchObject({ kind: 'ticketExpired' })
  expect(unlocks).toEqual([])
})

test('a password that was refused is not kept', async () => {
  relay.answers.set('/auth/login', () => Response.json({ type: 'https://pli.example/problems/wrongCredentials', status: 401 }, { status: 401 }))
  await expect(login.withPassword('anne', 'faux')).rejects.toMatchObject({ kind: 'wrongCredentials' })
  await expect(enter()).rejects.toMatchObject({ kind: 'ticketExpired' })
})

test('a page that goes away once the code was taken closes nothing that it opens', async () => {
  await begin()
  const entering = enter().catch(() => undefined)
  await entering
  await login.abandon()
  expect(locks).toBe(0)
})
