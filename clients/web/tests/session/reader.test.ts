/** The reader against a relay that repeats, mixes and swaps. The worker is a fake that opens whatever it is given. */
import { beforeEach, expect, test } from 'vitest'
import { toBytes, type Letter } from '../../src/content/letter.ts'
import { b64u } from '../../src/crypto/encoding.ts'
import { CryptoError } from '../../src/crypto/errors.ts'
import type { Unlocked } from '../../src/crypto/operations.ts'
import type { Desk } from '../../src/session/desk.ts'
import type { KeysNotProved } from '../../src/session/distrust.ts'
import type { Entry } from '../../src/session/entries.ts'
import type { KeyLog } from '../../src/session/keylog.ts'
import { Keyring } from '../../src/session/keyring.ts'
import { Reader } from '../../src/session/reader.ts'
import type { Transport } from '../../src/session/transport.ts'
import { Refusal } from '../../src/wire/errors.ts'
import type { PublicKey, SealedMessage } from '../../src/wire/types.ts'
import { FakeClock } from '../fakes/clock.ts'
import { ANNE, hash, KEY, letter as anyLetter, MARTIN } from '../fakes/letters.ts'

const ROUX = `a${'q'.repeat(26)}`
const SIGNER = new Uint8Array(32).fill(7)
const NEWER = `k${'n'.repeat(26)}`

const wireKey = (account: string, id: string): PublicKey => ({
  id,
  account,
  sealingKey: b64u(new Uint8Array(1216)),
  signingKey: b64u(SIGNER),
  statement: b64u(new TextEncoder().encode(id)),
  signature: b64u(new Uint8Array(64)),
  createdAt: '2024-01-01T00:00:00Z',
  revokedAt: null,
  index: 0,
  voucher: null,
  inclusion: [],
})

/** The hash of a statement that is its key's id: the id itself, filled up. */
function hashOf(statement: Uint8Array): Uint8Array {
  const filled = new Uint8Array(32)
  filled.set(statement)
  return filled
}
const pinOf = (keyId: string): string => b64u(hashOf(new TextEncoder().encode(keyId)))

const recipients = [
  { account: ANNE, statement: pinOf(KEY) },
  { account: MARTIN, statement: hash('t') },
]
const letter = (changes: Partial<Letter> = {}): Letter => anyLetter({ recipients, ...changes })

/** "Sealed" is the letter itself; statements are their key's id. */
const desk = {
  call: (name: string, args: unknown) => {
    if (name === 'openLetter') return Promise.resolve({ plaintext: args, senderSigningKey: SIGNER, recipients: 2 })
    if (name === 'sha256') return crypto.subtle.digest('SHA-256', args as BufferSource).then(bytes => new Uint8Array(bytes))
    if (name === 'verifyEntry') return inLog ? Promise.resolve(null) : Promise.reject(new CryptoError('BadProof', 'transparency/10'))
    const { chain } = args as { readonly chain: readonly { readonly statement: Uint8Array }[] }
    return Promise.resolve(
      chain.map(({ statement }) => ({ keyId: new TextDecoder().decode(statement), hash: hashOf(statement), seq: 0, box: 1, suspected: false, time: '2024-03-12T09:00:00Z' })),
    )
  },
} as unknown as Desk

let held: PublicKey[]
let lookups: number
let collected: unknown[]
let inLog: boolean
let isAway: boolean
/** The log is fine when it is asked the next time. */
let isHealed: boolean
let problem: 'staleCheckpoint' | 'logForked' | undefined
/** What a letter shows of the log while keys are looked up. */
let meanwhile: 'logForked' | undefined
const transport = {} as unknown as Transport
/** A log that is believed, or not for the reason given. */
const log = {
  lookUp: (accounts: readonly string[]) => {
    lookups += 1
    if (isAway) return Promise.reject(new Refusal('unreachable'))
    if (isHealed) problem = undefined
    void Promise.resolve().then(() => (problem = meanwhile ?? problem))
    return Promise.resolve({ list: held.filter(key => accounts.includes(key.account)), head: problem === undefined ? { root: hash('r'), size: 1 } : null })
  },
  collect: (seen: unknown) => collected.push(seen),
  get problem() {
    return problem
  },
} as unknown as KeyLog

let keyring: Keyring
let reader: Reader

beforeEach(async () => {
  held = [wireKey(MARTIN, KEY), wireKey(ROUX, KEY), wireKey(ANNE, KEY)]
  collected = []
  inLog = true
  isHealed = false
  isAway = false
  problem = undefined
  meanwhile = undefined
  await start({})
})

/** The page has its own line by then: it was looked up when the mailbox was opened. */
async function start(pins: Readonly<Record<string, string>>): Promise<void> {
  const own = { account: ANNE, keyId: KEY, earlier: [], pins, version: 1 } as unknown as Unlocked
  keyring = new Keyring(desk, log, new FakeClock(), own)
  reader = new Reader(desk, transport, keyring, log, ANNE)
  await keyring.keysOf(ANNE)
  lookups = 0
}

const read = (one: Letter, id = 'm1', changes: Partial<SealedMessage> = {}, notBefore?: string): Promise<Entry> =>
  reader.read(sealedMessage(one, id, changes), notBefore)

const sealedMessage = (one: Letter, id: string, changes: Partial<SealedMessage>): SealedMessage => ({
  id,
  clientId: one.message,
  box: 'in',
  receivedAt: '2024-03-12T09:00:05Z',
  size: 1,
  sealed: b64u(toBytes(one)),
  sealedBlobId: null,
  blobIds: [],
  from: one.sender.account,
  deliveries: [],
  ...changes,
})

const ofRoux = letter({
  sender: { account: ROUX, address: 'dr.roux@cabinet.mssante.example', key: KEY, name: 'Dr ROUX' },
  recipients: [
    { account: ANNE, statement: pinOf(KEY) },
    { account: ROUX, statement: hash('t') },
  ],
})

test('the same letter twice is one letter, and another of the same id is a replay', async () => {
  expect((await read(letter())).kind).toBe('arrived')
  expect((await read(letter(), 'm2')).kind).toBe('arrived')
  expect(await read(letter({ text: 'Autre chose' }), 'm3')).toMatchObject({ reason: 'replayed' })
})

test('two senders may have used the same letter id', async () => {
  await read(letter())
  expect((await read(ofRoux, 'm2')).kind).toBe('arrived')
})

test('a sender who wrote is pinned by the newest of their keys', async () => {
  held.splice(1, 0, wireKey(MARTIN, NEWER))
  await read(letter())
  expect([keyring.pins, keyring.fresh]).toEqual([{ [MARTIN]: pinOf(NEWER) }, { [MARTIN]: pinOf(NEWER) }])
})

test('a letter that is refused pins nobody', async () => {
  await read(letter({ recipients: [{ account: MARTIN, statement: hash('t') }] }))
  expect(keyring.pins).toEqual({})
})

test('a sender whose keys do not hold the pin is shown as changed, and is not written to', async () => {
  await start({ [MARTIN]: pinOf(NEWER) })
  expect(await read(letter())).toMatchObject({ reason: 'senderKeyChanged' })
  await expect(keyring.currentKeys([MARTIN])).rejects.toMatchObject({ reason: 'keyChanged' })
})

test('a key that came after the last look is looked up once more', async () => {
  await read(letter())
  held.splice(1, 0, wireKey(MARTIN, NEWER))
  const second = letter({ message: `${'C'.repeat(21)}A`, sender: { ...letter().sender, key: NEWER } })
  expect((await read(second, 'm2')).kind).toBe('arrived')
  expect(lookups).toBe(2)
})

test('while the log is not believed a pinned sender is read, and one that nobody knows waits', async () => {
  await start({ [MARTIN]: pinOf(KEY) })
  problem = 'staleCheckpoint'
  expect((await read(letter())).kind).toBe('arrived')
  expect(await read(ofRoux, 'm2')).toMatchObject({ reason: 'notProved' })
})

test('while the log is not believed a sender’s key after the pinned one is not believed', async () => {
  await start({ [MARTIN]: pinOf(KEY) })
  problem = 'staleCheckpoint'
  held.splice(1, 0, wireKey(MARTIN, NEWER))
  const byNewer = letter({ sender: { ...letter().sender, key: NEWER } })
  expect(await read(byNewer)).toMatchObject({ reason: 'unknownSenderKey' })
  expect(keyring.pins).toEqual({ [MARTIN]: pinOf(KEY) })
})

test('what a letter says of the log is collected, but not from a letter that is refused', async () => {
  const checkpoint = { root: hash('c'), signature: `${'g'.repeat(85)}A`, size: 3 }
  await read(letter({ checkpoint, recipients: [{ account: MARTIN, statement: hash('t') }] }))
  expect(collected).toEqual([])
  await read(letter({ checkpoint }), 'm2')
  expect(collected).toEqual([checkpoint])
})

test('the directory must show one’s own keys as the box holds them, and show them last', async () => {
  const shown = async (...ids: readonly string[]): Promise<unknown> => {
    held = ids.map(id => wireKey(ANNE, id))
    keyring.refresh(ANNE)
    return keyring.currentKeys([ANNE]).then(keys => keys.get(ANNE)?.id, (error: unknown) => (error as KeysNotProved).reason)
  }
  expect(await shown(KEY)).toBe(KEY)
  expect(await shown(KEY, NEWER)).toBe('ownKeyChanged')
  expect(await shown(NEWER, KEY)).toBe('ownKeyChanged')
  expect(await shown()).toBe('ownKeyChanged')
})

test('one’s own new key that is not published yet is waited for, and the letters are read meanwhile', async () => {
  const own = { account: ANNE, keyId: NEWER, earlier: [KEY], pins: {}, version: 2 } as unknown as Unlocked
  keyring = new Keyring(desk, log, new FakeClock(), own)
  held = [wireKey(ANNE, KEY)]
  expect((await keyring.keysOf(ANNE)).map(({ id }) => id)).toEqual([KEY])
  await expect(keyring.currentKeys([ANNE])).rejects.toMatchObject({ reason: 'notInLog' })
  held.push(wireKey(ANNE, NEWER))
  expect((await keyring.currentKeys([ANNE])).get(ANNE)?.id).toBe(NEWER)
})

test('a key that is younger than the box that was opened says that the box is an old one', async () => {
  const own = { account: ANNE, keyId: KEY, earlier: [], pins: {}, version: 0 } as unknown as Unlocked
  keyring = new Keyring(desk, log, new FakeClock(), own)
  held = [wireKey(ANNE, KEY)]
  await expect(keyring.keysOf(ANNE)).rejects.toMatchObject({ kind: 'OlderBox' })
})

test('a line is looked up anew an hour after it was proved, before anything is sealed to it', async () => {
  const clock = new FakeClock()
  keyring = new Keyring(desk, log, clock, { account: ANNE, keyId: KEY, earlier: [], pins: {}, version: 1 } as unknown as Unlocked)
  await keyring.currentKeys([MARTIN])
  await keyring.currentKeys([MARTIN])
  clock.pass(3_600_001)
  await keyring.currentKeys([MARTIN])
  expect(lookups).toBe(2)
})

test('a letter to one’s own new key, which the log shows by now, is read', async () => {
  keyring = new Keyring(desk, log, new FakeClock(), { account: ANNE, keyId: NEWER, earlier: [KEY], pins: {}, version: 2 } as unknown as Unlocked)
  reader = new Reader(desk, transport, keyring, log, ANNE)
  await keyring.keysOf(ANNE)
  const toNewer = letter({ recipients: [{ account: ANNE, statement: pinOf(NEWER) }, recipients[1]!] })
  expect(await read(toNewer)).toMatchObject({ reason: 'sealedToOtherKey' })
  held.push(wireKey(ANNE, NEWER))
  expect((await read(toNewer)).kind).toBe('arrived')
})

test('nothing is sealed when the log was shown to be forked while keys were looked up', async () => {
  meanwhile = 'logForked'
  await expect(keyring.currentKeys([MARTIN])).rejects.toMatchObject({ reason: 'logForked' })
})

test('a pinned sender whose newest key is in no log is not read, until it is', async () => {
  await start({ [MARTIN]: pinOf(KEY) })
  inLog = false
  expect(await read(letter())).toMatchObject({ reason: 'unknownSenderKey' })
  inLog = true
  expect((await read(letter())).kind).toBe('arrived')
})

test('whoever sends while the log is not believed asks again, and may find that it is by now', async () => {
  await keyring.currentKeys([MARTIN])
  problem = 'staleCheckpoint'
  await expect(keyring.currentKeys([MARTIN])).rejects.toMatchObject({ reason: 'staleCheckpoint' })
  isHealed = true
  expect((await keyring.currentKeys([MARTIN])).get(MARTIN)?.id).toBe(KEY)
})

test('the senders of many letters, and one’s own line, are looked up in one question', async () => {
  const clock = new FakeClock()
  keyring = new Keyring(desk, log, clock, { account: ANNE, keyId: KEY, earlier: [], pins: {}, version: 1 } as unknown as Unlocked)
  await keyring.prepare([MARTIN, ROUX, MARTIN])
  for (const account of [MARTIN, ROUX, ANNE]) await keyring.keysOf(account)
  expect(lookups).toBe(1)
  await keyring.prepare([MARTIN])
  expect(lookups).toBe(1)
})

test('a sender’s line is looked up anew after an hour, for reading too', async () => {
  const clock = new FakeClock()
  keyring = new Keyring(desk, log, clock, { account: ANNE, keyId: KEY, earlier: [], pins: {}, version: 1 } as unknown as Unlocked)
  reader = new Reader(desk, transport, keyring, log, ANNE)
  await keyring.keysOf(ANNE)
  await read(letter())
  lookups = 0
  clock.pass(3_600_001)
  // The doctor renewed the keys after a theft: whoever has the old ones writes no more.
  held.splice(1, 0, wireKey(MARTIN, NEWER))
  const second = { receivedAt: '2024-03-12T10:30:00Z' }
  expect(await read(letter({ message: `${'C'.repeat(21)}A` }), 'm2', second)).toMatchObject({ reason: 'unknownSenderKey' })
  expect(lookups).toBeGreaterThan(0)
})

test('a relay that says an old time of a letter that was not there makes no replaced key good', async () => {
  held.splice(1, 0, wireKey(MARTIN, NEWER))
  const backdated = letter({ message: `${'C'.repeat(21)}A` })
  expect((await read(backdated, 'm2')).kind).toBe('arrived')
  expect(await read(backdated, 'm3', {}, '2024-03-12T10:00:01Z')).toMatchObject({ reason: 'unknownSenderKey' })
})

test('a look-up that fails is told with each letter, and is tried again', async () => {
  keyring.refresh(MARTIN)
  isAway = true
  await reader.prepare([{ from: MARTIN } as SealedMessage])
  expect(await read(letter())).toMatchObject({ reason: 'notFetched' })
  isAway = false
  expect((await read(letter())).kind).toBe('arrived')
})
