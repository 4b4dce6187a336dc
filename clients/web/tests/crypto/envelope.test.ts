/** envelope.json, and what any change to an envelope comes to. */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { openSealed, seal } from '../../src/crypto/envelope.ts'
import { CryptoError } from '../../src/crypto/errors.ts'
import { newKeyPairs, publicKeys, SealingSeed } from '../../src/crypto/keys.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { type Bytes, bytesOf, hex, kindOf, readCases, refusalOf, unhex } from './vectors.ts'

beforeAll(ready)

type Envelope = {
  readonly sealed: Bytes
  readonly seeds: readonly string[]
  readonly expect: { readonly plaintext: Bytes; readonly sender: string; readonly recipients: number }
}

describe('envelope.json', () => {
  test.each(readCases<Envelope>('envelope'))('$name', async given => {
    const open = () =>
      openSealed(
        bytesOf(given.sealed),
        given.seeds.map(seed => new SealingSeed(unhex(seed))),
      )
    if (given.refusal !== undefined) {
      expect(await refusalOf(open)).toBe(kindOf(given.refusal))
      return
    }
    const opened = open()
    expect(hex(opened.plaintext)).toBe(hex(bytesOf(given.expect.plaintext)))
    expect(hex(opened.sender.raw)).toBe(given.expect.sender)
    expect(opened.recipients).toBe(given.expect.recipients)
  })
})

describe('an envelope of our own', () => {
  test('opens for each recipient, with any of their seeds, and names its sender', () => {
    const [sender, first, second] = [newKeyPairs(), newKeyPairs(), newKeyPairs()]
    const recipients = [first, second].map(pairs => publicKeys(pairs).sealing)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), plaintext => {
        const sealed = seal(plaintext, sender.signing, recipients)
        for (const reader of [first, second]) {
          const opened = openSealed(sealed, [sender.sealing, reader.sealing])
          expect(hex(opened.plaintext)).toBe(hex(plaintext))
          expect(opened.sender.raw).toEqual(publicKeys(sender).signing.raw)
          expect(opened.recipients).toBe(2)
        }
      }),
      { numRuns: 20 },
    )
  })

  test('with any bit flipped is refused with the one error', () => {
    const [sender, reader] = [newKeyPairs(), newKeyPairs()]
    const sealed = seal(unhex('00ff'), sender.signing, [publicKeys(reader).sealing])
    fc.assert(
      fc.property(fc.nat({ max: sealed.length * 8 - 1 }), bit => {
        const changed = sealed.slice()
        changed[bit >> 3]! ^= 1 << (bit & 7)
        expect(() => openSealed(changed, [reader.sealing])).toThrow(CryptoError)
      }),
      { numRuns: 300 },
    )
  })

  test('cut anywhere, or followed by anything, is refused', () => {
    const [sender, reader] = [newKeyPairs(), newKeyPairs()]
    const sealed = seal(unhex('00ff'), sender.signing, [publicKeys(reader).sealing])
    fc.assert(
      fc.property(fc.nat({ max: sealed.length - 1 }), length => {
        expect(() => openSealed(sealed.subarray(0, length), [reader.sealing])).toThrow(CryptoError)
      }),
      { numRuns: 100 },
    )
    expect(() => openSealed(new Uint8Array([...sealed, 0]), [reader.sealing])).toThrow(CryptoError)
  })

  test('noise is refused and never crashes', () => {
    const reader = newKeyPairs()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), noise => {
        expect(() => openSealed(noise, [reader.sealing])).toThrow(CryptoError)
      }),
    )
  })

  test('is not made for nobody, nor for 65', () => {
    const { signing, sealing } = newKeyPairs()
    const recipient = publicKeys({ signing, sealing }).sealing
    expect(() => seal(unhex('00'), signing, [])).toThrow(RangeError)
    expect(() =>
      seal(
        unhex('00'),
        signing,
        Array.from({ length: 65 }, () => recipient),
      ),
    ).toThrow(RangeError)
  })
})
