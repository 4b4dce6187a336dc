/** A hostile relay's hand on the key box and on the letters: refused before anything is opened, or said at the letter. */
import { afterEach, beforeAll, expect, test } from 'vitest'
import { b64u, canonical, type JsonObject, parseCanonical, unb64u } from '../../src/crypto/encoding.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { FakeDevice } from '../fakes/device.ts'
import { id, letter, MARTIN } from '../fakes/letters.ts'
import { boxOf, newPeople, Page, type People, repinned, sealedLetter } from '../fakes/person.ts'
import { FakeRelay } from '../fakes/relay.ts'

let people: People
let box: Uint8Array
let page: Page | undefined
let relay: FakeRelay

beforeAll(async () => {
  await ready()
  people = newPeople()
  box = boxOf(people)
})
afterEach(() => page?.close())

function start(held: Uint8Array, device = new FakeDevice()): Page {
  relay = new FakeRelay(held)
  relay.enrol(people.ownKey, people.doctorsKey)
  return (page = new Page(relay, device))
}

type Slot = JsonObject & { readonly id: string }
type Boxed = JsonObject & { readonly slots: readonly Slot[] }
const spoiled = (change: (box: Boxed) => JsonObject): Uint8Array => canonical(change(parseCanonical(box) as Boxed))
const KEY_ID = `k${'a'.repeat(26)}`

/** The box with one slot more, as a relay can make it that has no box key. */
const withSlot = (type: string, kdf: JsonObject): Uint8Array =>
  spoiled(({ slots, ...rest }) => {
    const slot = { id: b64u(new Uint8Array(16)), kdf, since: 1, type, wrapped: b64u(new Uint8Array(72)) }
    return { ...rest, slots: [...slots, slot].toSorted((one, other) => (one.id < other.id ? -1 : 1)) }
  })

test('the box as its owner left it opens', async () => {
  await start(box).open()
  expect(page?.session.phase.value).toBe('in')
})

test.each<[string, JsonObject]>([
  ['device', { name: 'key' }],
  ['delegate', { account: MARTIN, key: KEY_ID, name: 'sealed' }],
  ['passkey', { credential: 'AAAA', name: 'prf' }],
  ['recovery', { name: 'code' }],
])('a %s slot that the relay adds is noticed before anything is sealed', async (type, kdf) => {
  await expect(start(withSlot(type, kdf)).open()).rejects.toMatchObject({ kind: 'CannotOpen', message: 'keybox/4' })
  expect([page?.session.phase.value === 'in', relay.methods.includes('SealedMessage/set')]).toEqual([false, false])
})

test.each<[string, JsonObject]>([
  ['memory', { memory: 1024 }],
  ['passes', { passes: 1 }],
  ['a cost that would stop the device', { memory: 1 << 22 }],
])('a password slot with another %s is refused before the password is stretched', async (_, changes) => {
  const cheap = spoiled(({ slots, ...rest }) => ({ ...rest, slots: slots.map(slot => ({ ...slot, kdf: { ...(slot['kdf'] as JsonObject), ...changes } })) }))
  await expect(start(cheap).open()).rejects.toMatchObject({ kind: 'WeakKdf', message: 'keybox/5' })
})

test('an older box than this device saw is refused, also after the page was closed', async () => {
  const device = new FakeDevice()
  const first = start(box, device)
  relay.keep(held => repinned(held, { policy: new Uint8Array(32), root: new Uint8Array(32), size: 1 }))
  relay.policy = () => relay.log.policy
  await first.open().catch(() => undefined) // what it says of the log is no matter here: the version was seen
  await first.close()
  await expect(start(box, device).open()).rejects.toMatchObject({ kind: 'OlderBox', message: 'keybox/6' })
})

test('letters of two threads that change places are both refused', async () => {
  await start(box).open()
  const one = sealedLetter(people, { message: id('C'), thread: id('T') }, { id: `m${'c'.repeat(26)}` })
  const other = sealedLetter(people, { message: id('D'), thread: id('U') }, { id: `m${'d'.repeat(26)}` })
  relay.letters.push({ ...one, sealed: other.sealed }, { ...other, sealed: one.sealed })
  await page?.close()
  page = new Page(relay)
  await page.open()
  expect(page.session.unreadable.value.map(({ reason }) => reason)).toEqual(['mislabelled', 'mislabelled'])
  expect(page.session.threads.value).toEqual([])
})

test('a letter whose bytes were touched is said to be closed, and the one beside it is read', async () => {
  await start(box).open()
  const good = sealedLetter(people, { message: id('C') }, { id: `m${'c'.repeat(26)}` })
  const bytes = unb64u(sealedLetter(people, { message: id('D'), text: letter().text }).sealed ?? '')
  bytes[bytes.length - 40]! ^= 1
  relay.letters.push(good, { ...sealedLetter(people, { message: id('D') }), id: `m${'d'.repeat(26)}`, sealed: b64u(bytes) })
  await page?.close()
  page = new Page(relay)
  await page.open()
  expect(page.session.unreadable.value.map(({ reason }) => reason)).toEqual(['cannotOpen'])
  expect(page.session.threads.value.map(({ letters }) => letters.length)).toEqual([1])
})
