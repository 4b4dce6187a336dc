/** A hostile relay that shows keys of its own making, and a page that was just loaded: only box and log know better. */
import { beforeAll, beforeEach, afterEach, expect, test } from 'vitest'
import { type KeyPairs, newKeyPairs } from '../../src/crypto/keys.ts'
import { ready } from '../../src/crypto/sodium.ts'
import type { PublicKey } from '../../src/wire/types.ts'
import { ed25519, mlDsa } from '../fakes/keylog.ts'
import { ANNE, arrived, MARTIN } from '../fakes/letters.ts'
import { boxOf, newPeople, NOW, Page, type People, sealedLetter, statementOf } from '../fakes/person.ts'
import { FakeRelay, firstKey, nextKey, strangersKey } from '../fakes/relay.ts'

let people: People
let box: Uint8Array
let pinned: Uint8Array
let relay: FakeRelay
let page: Page

beforeAll(async () => {
  await ready()
  people = newPeople()
  box = boxOf(people)
  pinned = boxOf(people, { pins: { [MARTIN]: statementOf(people.doctorsKey) } })
})
beforeEach(() => start(box))
afterEach(() => page.close())

/** The relay is honest until the test makes it show something else. */
function start(held: Uint8Array): void {
  relay = new FakeRelay(held)
  relay.enrol(people.ownKey, people.doctorsKey)
  page = new Page(relay)
}

const answer = async (): Promise<unknown> => {
  const { session } = page
  await session.outbox.sendNow(session.draft(arrived(), 'Merci.', []))
  return session.outbox.letters.value[0]?.state
}
const refused = (reason: string): object => ({ kind: 'failed', error: { reason } })
const sent = (): boolean => relay.methods.includes('SealedMessage/set')

test('an answer to keys that are in the log goes out', async () => {
  await page.open()
  await answer()
  expect([sent(), page.session.directory.value]).toEqual([true, 'trusted'])
})

test('an answer to keys that are as the key box knows them goes out', async () => {
  start(pinned)
  await page.open()
  await answer()
  expect(sent()).toBe(true)
})

test('a key of the relay in the place of one’s own opens nothing and gets no copy', async () => {
  relay.directory.set(ANNE, [])
  relay.enrol(strangersKey(ANNE, NOW))
  await expect(page.open()).rejects.toMatchObject({ reason: 'ownKeyChanged' })
  expect([page.session.phase.value === 'in', sent()]).toEqual([false, false])
})

/** A chain that begins with a key of the relay, which then announces the real one. */
function usurped(account: string, real: KeyPairs): PublicKey[] {
  const relays = newKeyPairs()
  const first = firstKey(account, relays, NOW)
  return [first, nextKey(first, relays, real, NOW)]
}

test('a key of the relay that claims to come before one’s own is noticed as well', async () => {
  relay.directory.set(ANNE, [])
  relay.enrol(...usurped(ANNE, people.own))
  await expect(page.open()).rejects.toMatchObject({ reason: 'ownKeyChanged' })
})

test('a key of the relay that claims to come before the pinned one is noticed as well', async () => {
  start(pinned)
  relay.directory.set(MARTIN, [])
  relay.enrol(...usurped(MARTIN, people.doctor))
  await page.open()
  expect(await answer()).toMatchObject(refused('keyChanged'))
})

test('a key of the relay in the place of a clinician’s whose pin is in the box is not sealed to', async () => {
  start(pinned)
  relay.directory.set(MARTIN, [])
  relay.enrol(strangersKey(MARTIN, NOW))
  await page.open()
  expect(await answer()).toMatchObject(refused('keyChanged'))
  expect(sent()).toBe(false)
})

test('at first contact a key that is in no log is not sealed to', async () => {
  relay.directory.set(MARTIN, [{ ...strangersKey(MARTIN, NOW), index: 1 }])
  await page.open()
  expect(await answer()).toMatchObject(refused('notInLog'))
  expect(sent()).toBe(false)
})

test('at first contact a key without a proof, or with the proof of another, is not sealed to', async () => {
  const [key] = relay.directory.get(MARTIN)!
  for (const change of [{ index: 2 }, { index: 0 }, { inclusion: [] }, { inclusion: ['A'.repeat(43)] }, { inclusion: ['?'] }]) {
    relay.directory.set(MARTIN, [{ ...key!, ...change }])
    await page.open()
    expect(await answer()).toMatchObject(refused('notInLog'))
    await page.close()
  }
  expect(sent()).toBe(false)
})

test('at first contact a key in a log that the witnesses did not sign is not sealed to', async () => {
  await page.open()
  const fake = relay.log.fork()
  relay.directory.set(MARTIN, [relay.append(fake, strangersKey(MARTIN, NOW))])
  relay.shown = () => ({ log: fake, signers: [...fake.logKeys, ed25519('watch.example', 4, 'relay'), mlDsa('heed.example', 'relay')] })
  expect(await answer()).toMatchObject(refused('badCheckpoint'))
  expect([sent(), page.session.directory.value]).toEqual([false, 'badCheckpoint'])
})

test('at first contact a key in a log that did not come of the one that was seen is not sealed to', async () => {
  await page.open()
  const fake = relay.log.fork()
  fake.leaves.pop()
  relay.directory.set(MARTIN, [relay.append(fake, strangersKey(MARTIN, NOW))])
  fake.append(new Uint8Array(1))
  relay.shown = () => ({ log: fake })
  expect(await answer()).toMatchObject(refused('logForked'))
  expect([sent(), page.session.directory.value]).toEqual([false, 'logForked'])
})

test('a key that was swapped later is not sealed to, even when the log holds it', async () => {
  await page.open()
  await answer()
  relay.directory.set(MARTIN, [])
  relay.enrol(strangersKey(MARTIN, NOW))
  page.stay(3_600_001)
  relay.methods.length = 0
  await answer()
  expect(page.session.outbox.letters.value.at(-1)?.state).toMatchObject(refused('keyChanged'))
  expect(sent()).toBe(false)
})

test('a key that the one before did not announce breaks the line', async () => {
  const second = nextKey(people.doctorsKey, newKeyPairs(), newKeyPairs(), NOW)
  relay.enrol(second)
  await page.open()
  expect(await answer()).toMatchObject(refused('brokenChain'))
  expect(sent()).toBe(false)
})

test('a key that is shown to this page alone comes out with a letter of somebody who sees the other log', async () => {
  const secret = relay.log.fork()
  relay.directory.set(MARTIN, [relay.append(secret, strangersKey(MARTIN, NOW))])
  relay.shown = () => ({ log: secret })
  await page.open()
  relay.log.append(new Uint8Array(1))
  const sender = { ...arrived().letter.sender, account: ANNE, key: people.ownKey.id }
  const fromAnotherDevice = { box: 'out', from: ANNE } as const
  relay.letters.push(sealedLetter(people, { sender, checkpoint: relay.log.signed() }, fromAnotherDevice))
  await page.close()
  await page.open()
  expect(page.session.directory.value).toBe('logForked')
  expect(await answer()).toMatchObject(refused('logForked'))
  expect(sent()).toBe(false)
})

test('a key that was replaced in the open is sealed to', async () => {
  start(pinned)
  const renewed = newKeyPairs()
  relay.enrol(nextKey(people.doctorsKey, people.doctor, renewed, new Date('2024-03-05T09:00:00Z'), { suspected: true }))
  await page.open()
  await answer()
  expect(sent()).toBe(true)
  expect(page.session.lines.value.get(MARTIN)?.map(({ suspected }) => suspected)).toEqual([false, true])
})
