/**
 * Our key schedule and packets against the published answers of saltpack_signcryption_v2 (tests/vectors/signcryption.json).
 *
 * A whole published message cannot be made here: Pli has no such recipients. All that the two share is held to it.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { join, utf8 } from '../../src/crypto/bytes.ts'
import { openSealed, packets } from '../../src/crypto/envelope.ts'
import { sha512 } from '../../src/crypto/hashing.ts'
import { box, recipientNonce, symmetricKey } from '../../src/crypto/header.ts'
import { SealingSeed, signingPublic, SigningSeed } from '../../src/crypto/keys.ts'
import { SENDER_BOX_NONCE } from '../../src/crypto/labels.ts'
import { Reader } from '../../src/crypto/messagepack.ts'
import { ready, sodium } from '../../src/crypto/sodium.ts'
import { hex, readCases, refusalOf, unhex } from './vectors.ts'

type Published = {
  readonly sealed: string
  readonly senderSeed: string
  readonly payloadKey: string
  readonly ephemeral: string
  readonly plaintext: string
  readonly symmetricKey?: string
}
const CASES = readCases<Published>('signcryption')

/** The published header's parts, and the bytes of the packets after it. */
function parts(sealed: Uint8Array) {
  const header = new Reader(sealed).binary()
  const inner = new Reader(header)
  expect([inner.array(), hex(inner.text()), inner.array()]).toEqual([6, hex(utf8('saltpack')), 2])
  expect([inner.unsigned(), inner.unsigned(), inner.unsigned()]).toEqual([2, 0, 3])
  const [ephemeral, senderBox] = [inner.binary(), inner.binary()]
  expect([inner.array(), inner.array()]).toEqual([1, 2])
  inner.binary() // the recipient's identifier
  const packetsAt = 2 + header.length // `bin 8`: a byte of type, a byte of length
  return { digest: sha512(header), ephemeral, senderBox, keyBox: inner.binary(), packets: sealed.subarray(packetsAt) }
}

beforeAll(ready)

describe.each(CASES)('$name', published => {
  const payloadKey = unhex(published.payloadKey)

  test('our packets are the published ones', () => {
    const { digest, packets: theirs } = parts(unhex(published.sealed))
    const sender = new SigningSeed(unhex(published.senderSeed))
    const ours = join(...packets(unhex(published.plaintext), payloadKey, digest, sender))
    expect(hex(ours)).toBe(hex(theirs))
  })

  test('our sender box is the published one', () => {
    const { ephemeral, senderBox } = parts(unhex(published.sealed))
    const sender = signingPublic(new SigningSeed(unhex(published.senderSeed)))
    expect(hex(box(payloadKey, utf8(SENDER_BOX_NONCE), sender.raw))).toBe(hex(senderBox))
    expect(hex(sodium.crypto_scalarmult_base(unhex(published.ephemeral)))).toBe(hex(ephemeral))
  })

  test('the message is refused, because its recipients are classical', async () => {
    const seeds = [new SealingSeed(new Uint8Array(32))]
    expect(await refusalOf(() => openSealed(unhex(published.sealed), seeds))).toBe('CannotOpen')
  })
})

test("a symmetric recipient's payload key box is the published one", () => {
  const published = CASES.find(({ symmetricKey: key }) => key !== undefined)
  if (published?.symmetricKey === undefined) throw new Error('no such case')
  const { ephemeral, keyBox } = parts(unhex(published.sealed))
  const key = symmetricKey(unhex(published.symmetricKey), ephemeral)
  expect(hex(box(key, recipientNonce(0), unhex(published.payloadKey)))).toBe(hex(keyBox))
})
