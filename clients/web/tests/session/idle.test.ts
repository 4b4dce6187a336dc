/** Half an hour without anybody: the page is locked, and what a reload would open is gone. */
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { firstContent } from '../../src/crypto/content.ts'
import type { Desk } from '../../src/crypto/desk.ts'
import { newBox } from '../../src/crypto/keybox.ts'
import { type KeyPairs, newKeyPairs } from '../../src/crypto/keys.ts'
import { freshKdf, stretch } from '../../src/crypto/password.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { Idle, IDLE_LIMIT, IDLE_WARNING } from '../../src/session/idle.ts'
import { Login } from '../../src/session/login.ts'
import type { Ports } from '../../src/session/ports.ts'
import { Session } from '../../src/session/session.ts'
import { Transport } from '../../src/session/transport.ts'
import { FakeAuthenticator } from '../fakes/authenticator.ts'
import { FakeClock } from '../fakes/clock.ts'
import { newDesk } from '../fakes/desk.ts'
import { FakeDevice } from '../fakes/device.ts'
import { ANNE } from '../fakes/letters.ts'
import { FakePresence } from '../fakes/presence.ts'
import { FakeSearcher } from '../fakes/searcher.ts'
import { firstKey, FakeRelay } from '../fakes/relay.ts'

const NOW = new Date('2024-03-01T09:00:00Z')
const PASSWORD = 'tilleul parfum juin'
const MINUTE = 60_000

let keys: KeyPairs
let box: Uint8Array
let clock: FakeClock
let presence: FakePresence
let device: FakeDevice
let relay: FakeRelay
let locked: number

beforeAll(async () => {
  await ready()
  keys = newKeyPairs()
  box = newBox(ANNE, firstContent(keys, NOW), [{ type: 'password', master: stretch(PASSWORD, freshKdf()) }]).box
})

beforeEach(() => {
  clock = new FakeClock()
  device = new FakeDevice()
  presence = new FakePresence()
  locked = 0
  relay = new FakeRelay(box)
  relay.enrol(firstKey(ANNE, keys, NOW))
  relay.answers.set('/auth/refresh', () => Response.json({ accessToken: 'token', account: ANNE, expiresIn: 900 }))
})

const start = (isBusy = (): boolean => false, there = presence): Idle => {
  const idle = new Idle({ clock, presence: there, lasting: device.lasting }, isBusy, () => (locked += 1))
  idle.start()
  return idle
}

test('half an hour without anybody is enough, a minute less is not', () => {
  start()
  clock.pass(IDLE_LIMIT - MINUTE)
  expect(locked).toBe(0)
  clock.pass(MINUTE)
  expect(locked).toBe(1)
})

test('whoever does something begins the half hour anew', () => {
  start()
  clock.pass(IDLE_LIMIT - MINUTE)
  presence.touch()
  clock.pass(IDLE_LIMIT - MINUTE)
  expect(locked).toBe(0)
  clock.pass(MINUTE)
  expect(locked).toBe(1)
})

test('whoever is still there is told two minutes before, and stays by any touch', () => {
  const idle = start()
  clock.pass(IDLE_LIMIT - IDLE_WARNING - 1)
  expect(idle.ending.value).toBe(false)
  clock.pass(1)
  expect(idle.ending.value).toBe(true)
  clock.pass(IDLE_WARNING - 1)
  presence.touch()
  expect([idle.ending.value, locked]).toEqual([false, 0])
  clock.pass(IDLE_LIMIT - IDLE_WARNING)
  expect(idle.ending.value).toBe(true)
  clock.pass(IDLE_WARNING)
  expect(locked).toBe(1)
})

test('nobody is told of a page that was locked or left', () => {
  const idle = start()
  clock.pass(IDLE_LIMIT - IDLE_WARNING)
  idle.stop()
  clock.pass(IDLE_WARNING)
  expect([idle.ending.value, locked]).toEqual([false, 0])
})

test('what is done in another tab counts, whose page shares the key', () => {
  const other = new FakePresence()
  start()
  start(undefined, other)
  clock.pass(IDLE_LIMIT - MINUTE)
  other.touch()
  clock.pass(2 * MINUTE)
  expect(locked).toBe(0)
})

test('a touch after the device slept does not keep the page open', () => {
  const woken = { now: clock.now, random: clock.random, later: () => () => undefined }
  new Idle({ clock: woken, presence, lasting: device.lasting }, () => false, () => (locked += 1)).start()
  clock.pass(IDLE_LIMIT)
  presence.touch()
  expect(locked).toBe(1)
})

test('what is on its way is waited for', () => {
  let busy = true
  start(() => busy)
  clock.pass(IDLE_LIMIT)
  expect(locked).toBe(0)
  busy = false
  clock.pass(IDLE_LIMIT)
  expect(locked).toBe(1)
})

test('nothing is noticed after the session ended', () => {
  start().stop()
  clock.pass(IDLE_LIMIT)
  presence.touch()
  expect(locked).toBe(0)
})

type Page = { readonly desk: Desk; readonly session: Session; readonly login: Login }

function load(): Page {
  const desk = newDesk(NOW)
  const transport = new Transport(relay)
  transport.adopt({ accessToken: 'token', account: ANNE, expiresIn: 900 })
  const ports: Ports = { network: relay, clock, lasting: device.lasting, keeping: device.keeping, store: device.store, presence, authenticator: new FakeAuthenticator(), searcher: () => new FakeSearcher() }
  const session = new Session(desk, transport, ports)
  return { desk, session, login: new Login(desk, transport, ports, session) }
}

test('an idle page asks for the password, its worker and a reload open nothing, and the password opens it again', async () => {
  const { desk, session, login } = load()
  await login.unlock(PASSWORD)
  expect(session.phase.value).toBe('in')
  clock.pass(IDLE_LIMIT)
  await desk.call('sha256', new Uint8Array()) // the worker answers in order: the locking was asked for before
  expect(session.phase.value).toBe('locked')
  expect([device.storedKey, device.storedBytes]).toEqual([undefined, undefined])
  await expect(desk.call('stateName', 'read')).rejects.toMatchObject({ kind: 'CannotOpen' })
  await login.unlock(PASSWORD)
  expect(session.phase.value).toBe('in')
  await session.stop(false)
})

test('a page that is opened again after half an hour asks for the password', async () => {
  const first = load()
  await first.login.unlock(PASSWORD)
  first.session.idle.stop() // the tab was closed: nothing runs in it
  device.lasting.set('known', 'yes')
  clock.pass(IDLE_LIMIT)
  const { session, login } = load()
  await login.resume()
  expect([session.phase.value, device.storedKey]).toEqual(['locked', undefined])
  await first.session.stop(false)
})

test('a page that is opened again sooner is open', async () => {
  const first = load()
  await first.login.unlock(PASSWORD)
  first.session.idle.stop()
  device.lasting.set('known', 'yes')
  const { session, login } = load()
  await login.resume()
  expect(session.phase.value).toBe('in')
  await Promise.all([session.stop(false), first.session.stop(false)])
})
