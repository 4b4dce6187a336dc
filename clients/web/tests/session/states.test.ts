/** Sealed states against a relay that gives back what it should not. */
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { firstContent } from '../../src/crypto/content.ts'
import type { Desk } from '../../src/crypto/desk.ts'
import { newBox } from '../../src/crypto/keybox.ts'
import { newKeyPairs } from '../../src/crypto/keys.ts'
import { newCode } from '../../src/crypto/code.ts'
import { SYSTEM } from '../../src/crypto/randomness.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { States } from '../../src/session/states.ts'
import { FakeBoxes } from '../fakes/boxes.ts'
import { newDesk } from '../fakes/desk.ts'
import { FakeDevice } from '../fakes/device.ts'

const ACCOUNT = `a${'a'.repeat(26)}`
const NOW = new Date('2026-11-23T15:06:55Z')

let desk: Desk
let relay: FakeBoxes
let device: FakeDevice

beforeAll(ready)
beforeEach(async () => {
  const passkey = { credential: SYSTEM(16), output: SYSTEM(32) }
  const slots = [{ type: 'letter', code: newCode() }, { type: 'passkey', ...passkey }] as const
  const { box } = newBox(ACCOUNT, firstContent(newKeyPairs(), NOW), slots)
  desk = newDesk(NOW)
  relay = new FakeBoxes(box)
  device = new FakeDevice()
  await desk.call('unlockWithPasskey', { account: ACCOUNT, box, ...passkey, minimumVersion: 1 })
})

const load = (): States => new States(desk, relay.transport, ACCOUNT, device.lasting)

test('what was saved is there after a reload', async () => {
  await load().save('read', () => ({ letters: ['one'] }))
  expect(await load().load('read')).toEqual({ letters: ['one'] })
})

test('two devices that save at once lose nothing', async () => {
  const [here, there] = [load(), load()]
  await here.load('drafts')
  await there.save('drafts', () => ({ a: 'of there' }))
  await here.save('drafts', found => ({ ...(found as object), b: 'of here' }))
  expect(await load().load('drafts')).toEqual({ a: 'of there', b: 'of here' })
})

test('an older state is not taken, not even by a page that was loaded anew', async () => {
  await load().save('read', () => ({ letters: ['one'] }))
  const older = new Map(relay.states)
  await load().save('read', () => ({ letters: ['one', 'two'] }))
  for (const [name, row] of older) relay.states.set(name, row)
  expect(await load().load('read')).toBeUndefined()
})

test('an older state under a newer number does not open', async () => {
  await load().save('read', () => ({ letters: ['one'] }))
  for (const [name, row] of relay.states) relay.states.set(name, { ...row, version: 7 })
  expect(await load().load('read')).toBeUndefined()
})

test('one state in the place of another does not open', async () => {
  await load().save('read', () => ({ letters: ['one'] }))
  await load().save('profile', () => ({ name: 'Anne' }))
  const [read, profile] = [...relay.states.keys()] as [string, string]
  relay.states.set(profile, relay.states.get(read)!)
  expect(await load().load('profile')).toBeUndefined()
})
