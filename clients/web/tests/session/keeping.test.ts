/** The page over a reload: a new worker opens the box with what the tab kept, and with nothing after it was left. */
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { firstContent } from '../../src/crypto/content.ts'
import { b64u, unb64u } from '../../src/crypto/encoding.ts'
import { newBox } from '../../src/crypto/keybox.ts'
import { newKeyPairs } from '../../src/crypto/keys.ts'
import { freshKdf, stretch } from '../../src/crypto/password.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { Box, type Pins, type Seen } from '../../src/session/box.ts'
import { MARTIN } from '../fakes/letters.ts'
import { FakeDevice } from '../fakes/device.ts'
import { FakeBoxes } from '../fakes/boxes.ts'
import { newDesk } from '../fakes/desk.ts'

const ACCOUNT = `a${'a'.repeat(26)}`
const OTHER = `a${'e'.repeat(26)}`
const PASSWORD = 'tilleul parfum juin'
const NOW = new Date('2026-11-23T15:06:55Z')
const KEY = `${'k'.repeat(42)}A` // a statement's hash

let first: Uint8Array
let device: FakeDevice
let boxes: FakeBoxes

beforeAll(async () => {
  await ready()
  const master = stretch(PASSWORD, freshKdf())
  first = newBox(ACCOUNT, firstContent(newKeyPairs(), NOW), [{ type: 'password', master }]).box
})
beforeEach(() => {
  device = new FakeDevice()
  boxes = new FakeBoxes(first)
})

const seen = (pins: Pins): Seen => ({ pins, checkpoint: there => there })

/** A page that was just loaded: a fresh worker, the same device. */
const load = (): Box => new Box(newDesk(NOW), boxes.transport, device)

test('a reload opens the box without the password', async () => {
  const opened = await load().openWithPassword(ACCOUNT, PASSWORD)
  expect(await load().openWithKept(ACCOUNT)).toEqual(opened)
})

test('a tab that kept nothing is told so', async () => {
  expect(await load().openWithKept(ACCOUNT)).toBeUndefined()
})

test('leaving takes key and bytes away', async () => {
  const page = load()
  await page.openWithPassword(ACCOUNT, PASSWORD)
  await page.forget()
  expect([device.storedKey, device.storedBytes]).toEqual([undefined, undefined])
  expect(await load().openWithKept(ACCOUNT)).toBeUndefined()
})

test('what was still on its way when the person left is not kept', async () => {
  const page = load()
  const unlocked = await page.openWithPassword(ACCOUNT, PASSWORD)
  const taking = page.take(unlocked)
  await page.forget()
  await taking
  expect([device.storedKey, device.storedBytes]).toEqual([undefined, undefined])
})

test('no key is readable in what is kept', async () => {
  await load().openWithPassword(ACCOUNT, PASSWORD)
  expect(device.storedKey?.extractable).toBe(false)
  await expect(crypto.subtle.exportKey('raw', device.storedKey!)).rejects.toThrow()
  expect(device.storedBytes).toHaveLength(12 + 40 + 16)
})

test('what was kept for one account opens nothing of another, and is thrown away', async () => {
  await load().openWithPassword(ACCOUNT, PASSWORD)
  expect(await load().openWithKept(OTHER)).toBeUndefined()
  expect(device.storedBytes).toBeUndefined()
})

test('bytes that were changed open nothing', async () => {
  await load().openWithPassword(ACCOUNT, PASSWORD)
  device.storedBytes![20]! ^= 1
  expect(await load().openWithKept(ACCOUNT)).toBeUndefined()
})

test('an older box is refused by what was kept alone, when the device forgot the version', async () => {
  const page = load()
  await page.pin(await page.openWithPassword(ACCOUNT, PASSWORD), seen({ [MARTIN]: KEY }))
  boxes.turnBack(first)
  device.texts.clear()
  await expect(load().openWithKept(ACCOUNT)).rejects.toMatchObject({ kind: 'OlderBox' })
})

test('pins that were seen are in the next box, beside those of another device', async () => {
  const [here, there] = [load(), load()]
  const unlocked = await here.openWithPassword(ACCOUNT, PASSWORD)
  await there.pin(await there.openWithPassword(ACCOUNT, PASSWORD), seen({ [OTHER]: KEY }))
  const pinned = await here.pin(unlocked, seen({ [MARTIN]: KEY }))
  expect([pinned.version, pinned.pins]).toEqual([3, { [MARTIN]: KEY, [OTHER]: KEY }])
  expect(await load().openWithKept(ACCOUNT)).toEqual(pinned)
  expect(unb64u(b64u(boxes.box))).not.toEqual(first)
})

test('the checkpoint of the log that was verified is in the next box, and a later one of another device stays', async () => {
  const [here, there] = [load(), load()]
  const [policy, root] = ['P'.repeat(42) + 'A', 'R'.repeat(42) + 'A']
  const unlocked = await here.openWithPassword(ACCOUNT, PASSWORD)
  await there.pin(await there.openWithPassword(ACCOUNT, PASSWORD), { pins: {}, checkpoint: () => ({ policy, root, size: 9 }) })
  const offered: unknown[] = []
  const pinned = await here.pin(unlocked, { pins: {}, checkpoint: known => (offered.push(known), known) })
  expect([offered, pinned.lastCheckpoint]).toEqual([[null, { policy, root, size: 9 }], { policy, root, size: 9 }])
})
