/** The reader against a relay that repeats, mixes and swaps. The worker is a fake that opens whatever it is given. */
import { beforeEach, expect, test } from 'vitest'
import { toBytes, type Letter } from '../../src/content/letter.ts'
import { b64u } from '../../src/crypto/encoding.ts'
import type { Desk } from '../../src/session/desk.ts'
import type { Entry } from '../../src/session/entries.ts'
import { KeysNotProved, Keyring, ownKeys, type KnownKey } from '../../src/session/keyring.ts'
import { Reader } from '../../src/session/reader.ts'
import type { Transport } from '../../src/session/transport.ts'
import type { PublicKey } from '../../src/wire/types.ts'
import { ANNE, hash, KEY, letter, MARTIN } from '../fakes/letters.ts'

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
})

/** The hash of a statement that is its key's id: the id itself, filled up. */
function hashOf(statement: Uint8Array): Uint8Array {
  const filled = new Uint8Array(32)
  filled.set(statement)
  return filled
}
const pinOf = (keyId: string): string => b64u(hashOf(new TextEncoder().encode(keyId)))

/** "Sealed" is the letter itself; statements are their key's id. */
const desk = {
  call: (name: string, args: unknown) => {
    if (name === 'openLetter') return Promise.resolve({ plaintext: args, senderSigningKey: SIGNER, recipients: 2 })
    if (name === 'sha256') return crypto.subtle.digest('SHA-256', args as BufferSource).then(bytes => new Uint8Array(bytes))
    const { chain } = args as { readonly chain: readonly { readonly statement: Uint8Array }[] }
    return Promise.resolve(
      chain.map(({ statement }) => ({ keyId: new TextDecoder().decode(statement), hash: hashOf(statement), seq: 0, time: '2024-03-12T09:00:00Z' })),
    )
  },
} as unknown as Desk

let held: PublicKey[]
let lookups: number
const transport = {
  call: (_: string, { accounts: [account] }: { readonly accounts: readonly string[] }) => {
    lookups += 1
    return Promise.resolve({ list: held.filter(key => key.account === account), notFound: [] })
  },
} as unknown as Transport

let keyring: Keyring
let reader: Reader

beforeEach(() => {
  held = [wireKey(MARTIN, KEY), wireKey(ROUX, KEY)]
  lookups = 0
  start({})
})

function start(pins: Readonly<Record<string, string>>): void {
  keyring = new Keyring(desk, transport, ANNE, [] as readonly KnownKey[], pins)
  reader = new Reader(desk, transport, keyring, { account: ANNE, statements: new Set([hash('s')]) })
}

const read = (one: Letter, id = 'm1'): Promise<Entry> =>
  reader.read({
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
  })

const ofRoux = letter({
  sender: { account: ROUX, address: 'dr.roux@cabinet.mssante.example', key: KEY, name: 'Dr ROUX' },
  recipients: [
    { account: ANNE, statement: hash('s') },
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
  start({ [MARTIN]: pinOf(NEWER) })
  expect(await read(letter())).toMatchObject({ reason: 'senderKeyChanged' })
  await expect(keyring.currentKey(MARTIN)).rejects.toMatchObject({ reason: 'senderKeyChanged' })
})

test('a key that came after the last look is looked up once more', async () => {
  await read(letter())
  held.splice(1, 0, wireKey(MARTIN, NEWER))
  const second = letter({ message: `${'C'.repeat(21)}A`, sender: { ...letter().sender, key: NEWER } })
  expect((await read(second, 'm2')).kind).toBe('arrived')
  expect(lookups).toBe(2)
})

test('the directory must show one’s own present key, and show it last', async () => {
  const unlocked = { account: ANNE, keyId: KEY, earlier: [] as readonly string[] } as Parameters<typeof ownKeys>[2]
  held = [wireKey(ANNE, KEY)]
  expect((await ownKeys(desk, transport, unlocked)).map(({ id }) => id)).toEqual([KEY])
  held = [wireKey(ANNE, KEY), wireKey(ANNE, NEWER)]
  await expect(ownKeys(desk, transport, unlocked)).rejects.toEqual(new KeysNotProved('ownKeyChanged'))
  held = [wireKey(ANNE, NEWER), wireKey(ANNE, KEY)]
  await expect(ownKeys(desk, transport, unlocked)).rejects.toEqual(new KeysNotProved('ownKeyChanged'))
  expect(await ownKeys(desk, transport, { ...unlocked, earlier: [NEWER] })).toHaveLength(2)
  held = []
  await expect(ownKeys(desk, transport, unlocked)).rejects.toEqual(new KeysNotProved('ownKeyChanged'))
})
