import { expect, test } from 'vitest'
import { toBytes, type Letter } from '../../src/content/letter.ts'
import { b64u } from '../../src/crypto/encoding.ts'
import { check, NotShown } from '../../src/session/incoming.ts'
import type { SealedMessage } from '../../src/wire/types.ts'
import { ANNE, hash, KEY, letter, MARTIN } from '../fakes/letters.ts'

const NEWER = `k${'n'.repeat(26)}`
const SIGNER = new Uint8Array(32).fill(7)
const keys = [
  { id: KEY, signingKey: b64u(SIGNER), sealingKey: new Uint8Array(1216), statement: hash('t'), createdAt: '2024-01-01T00:00:00Z', announced: '2024-01-01T00:00:00Z', box: 1, suspected: false },
]
const own = (statement: string, announced: string) => ({ ...keys[0]!, statement, announced })
const reader = { account: ANNE, keys: [own(hash('s'), '2024-01-01T00:00:00Z')] }

const message = (one: Letter, changes: Partial<SealedMessage> = {}): SealedMessage => ({
  id: `m${'b'.repeat(26)}`,
  clientId: one.message,
  box: 'in',
  receivedAt: '2024-03-12T09:00:05Z',
  size: 1,
  sealed: '',
  sealedBlobId: null,
  blobIds: [],
  from: MARTIN,
  deliveries: [],
  ...changes,
})

type Changes = {
  readonly message?: Partial<SealedMessage>
  readonly recipients?: number
  readonly signer?: Uint8Array
  readonly pins?: Readonly<Record<string, string>>
  readonly following?: string
  readonly cameAt?: string
}

const reasonOf = (one: Letter, changes: Changes = {}): string => {
  const { recipients = 2, signer = SIGNER, pins = {}, following } = changes
  const newer = { id: NEWER, signingKey: '', sealingKey: new Uint8Array(), statement: hash('u'), createdAt: following ?? '', box: 2, suspected: false }
  const known = following === undefined ? keys : [...keys, { ...newer, announced: following }]
  try {
    const opened = { plaintext: toBytes(one), senderSigningKey: signer, recipients }
    const relayed = message(one, changes.message)
    check(opened, relayed, reader, { keys: known, pins }, changes.cameAt ?? relayed.receivedAt)
    return 'shown'
  } catch (error) {
    return error instanceof NotShown ? error.reason : 'another error'
  }
}

test('an honest letter is shown', () => {
  expect(reasonOf(letter())).toBe('shown')
})

test('a letter to somebody else is not', () => {
  expect(reasonOf(letter({ recipients: [{ account: MARTIN, statement: hash('t') }] }), { recipients: 1 })).toBe('notForYou')
})

test('a recipient that the letter does not name is noticed', () => {
  expect(reasonOf(letter(), { recipients: 3 })).toBe('hiddenRecipient')
})

test('an account that stands twice makes no room for a hidden one', () => {
  const [own] = letter().recipients
  expect(reasonOf(letter({ recipients: [own!, own!] }))).toBe('unknownMembers')
})

test('a relay that names another sender or another letter is caught', () => {
  expect(reasonOf(letter(), { message: { from: ANNE } })).toBe('mislabelled')
  expect(reasonOf(letter(), { message: { clientId: 'Z'.repeat(22) } })).toBe('mislabelled')
})

test('a relay that files another’s letter as one’s own, or one’s own as another’s, is caught', () => {
  expect(reasonOf(letter(), { message: { box: 'out' } })).toBe('mislabelled')
  const own = letter({ sender: { ...letter().sender, account: ANNE } })
  expect(reasonOf(own, { message: { from: ANNE, box: 'in' } })).toBe('mislabelled')
  expect(reasonOf(own, { message: { from: ANNE, box: 'out' } })).toBe('shown')
})

test('a key that was replaced signs nothing an hour later, pinned or not', () => {
  const [inTime, late] = [{ following: '2024-03-12T08:00:05Z' }, { following: '2024-03-12T08:00:04Z' }]
  expect([reasonOf(letter(), inTime), reasonOf(letter(), late)]).toEqual(['shown', 'unknownSenderKey'])
  expect(reasonOf(letter(), { ...late, pins: { [MARTIN]: hash('u') } })).toBe('unknownSenderKey')
})

test('a key that was replaced signs nothing new because the relay says that the letter is old', () => {
  const replaced = { following: '2024-03-12T08:30:00Z' }
  expect(reasonOf(letter(), replaced)).toBe('shown')
  expect(reasonOf(letter(), { ...replaced, cameAt: '2024-03-12T09:30:01Z' })).toBe('unknownSenderKey')
})

test.each([
  ['2024-03-11T08:00:05Z', []],
  ['2024-03-11T08:00:04Z', ['staleKeyUsed']],
] as const)('a letter to one’s own key that was replaced at %s has the warnings %j', (announced, warnings) => {
  const renewed = { account: ANNE, keys: [...reader.keys, own(hash('w'), announced)] }
  const opened = { plaintext: toBytes(letter()), senderSigningKey: SIGNER, recipients: 2 }
  const relayed = message(letter())
  const checked = check(opened, relayed, renewed, { keys, pins: {} }, relayed.receivedAt)
  expect(checked.warnings).toEqual(warnings)
})

test('a letter to one’s own newest key has no warning, however old that is', () => {
  const opened = { plaintext: toBytes(letter()), senderSigningKey: SIGNER, recipients: 2 }
  const relayed = message(letter(), { receivedAt: '2030-01-01T00:00:00Z' })
  expect(check(opened, relayed, reader, { keys, pins: {} }, relayed.receivedAt).warnings).toEqual([])
})

test('a signature by a key that is not the sender’s is refused', () => {
  expect(reasonOf(letter(), { signer: new Uint8Array(32).fill(8) })).toBe('unknownSenderKey')
  const other = letter({ sender: { ...letter().sender, key: `k${'z'.repeat(26)}` } })
  expect(reasonOf(other)).toBe('unknownSenderKey')
})

test('a key that is younger than the letter is refused', () => {
  expect(reasonOf(letter(), { message: { receivedAt: '2023-12-31T00:00:00Z' } })).toBe('unknownSenderKey')
})

test('a key of the very second of the letter is good, however the two times are written', () => {
  expect(reasonOf(letter(), { message: { receivedAt: '2024-01-01T00:00:00.250Z' } })).toBe('shown')
})

test('a sender whose keys no longer hold the one that was seen before is shown as such', () => {
  expect(reasonOf(letter(), { pins: { [MARTIN]: hash('t') } })).toBe('shown')
  expect(reasonOf(letter(), { pins: { [MARTIN]: `k${'z'.repeat(26)}` } })).toBe('senderKeyChanged')
})

test('a letter to somebody else says so before it says anything of its sender', () => {
  const other = letter({ recipients: [{ account: MARTIN, statement: hash('t') }] })
  expect(reasonOf(other, { recipients: 1, pins: { [MARTIN]: `k${'z'.repeat(26)}` } })).toBe('notForYou')
})

test('a letter sealed to a key that is not the reader’s is refused', () => {
  const recipients = [{ account: ANNE, statement: hash('x') }, letter().recipients[1]!]
  expect(reasonOf(letter({ recipients }))).toBe('sealedToOtherKey')
})
