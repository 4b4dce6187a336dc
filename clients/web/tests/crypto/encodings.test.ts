/** encodings.json, padding.json and xwing.json: the words that everything else uses. */
import { beforeAll, describe, expect, test } from 'vitest'
import { u64be } from '../../src/crypto/bytes.ts'
import { b64u, base32, canonical, type Json, parseCanonical, unb64u } from '../../src/crypto/encoding.ts'
import { blobId, hkdf, keyId } from '../../src/crypto/hashing.ts'
import { loadSealing, loadSigning } from '../../src/crypto/keys.ts'
import { pad, padme, paddedLength, unpad } from '../../src/crypto/padding.ts'
import { moment } from '../../src/crypto/shape.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { decapsulate, encapsulate, publicOf } from '../../src/crypto/xwing.ts'
import { type Bytes, bytesOf, hex, kindOf, readCases, refusalOf, unhex } from './vectors.ts'

beforeAll(ready)

type Encoding = {
  readonly bytes: Bytes
  readonly text: string
  readonly length?: number
  readonly number: number
  readonly key: string
  readonly salt: string
  readonly info: string
  readonly value: Json
  readonly raw: string
  readonly signing: string
  readonly sealing: string
  readonly refusal?: string
  readonly expect: string
}

const RUN: Readonly<Record<string, (given: Encoding) => string>> = {
  b64u: given => (given.refusal !== undefined ? hex(unb64u(given.text, given.length)) : thereAndBack(given)),
  base32: given => base32(bytesOf(given.bytes)),
  u64be: given => hex(u64be(given.number)),
  hkdf: given => hex(hkdf(unhex(given.key), unhex(given.info), unhex(given.salt))),
  json: given => (given.refusal !== undefined ? hex(canonical(parseCanonical(unhex(given.raw)))) : spelled(given)),
  time: given => moment(given.text),
  'key-id': given => keyId({ signing: loadSigning(unhex(given.signing)), sealing: loadSealing(unhex(given.sealing)) }),
  'blob-id': given => blobId(bytesOf(given.bytes)),
  'load-signing': given => hex(loadSigning(unhex(given.raw)).raw),
  'load-sealing': given => hex(loadSealing(unhex(given.raw)).raw),
}

const thereAndBack = (given: Encoding): string => b64u(unb64u(b64u(bytesOf(given.bytes))))
const spelled = (given: Encoding): string => {
  expect(parseCanonical(unhex(given.expect))).toEqual(given.value)
  return hex(canonical(given.value))
}

describe('encodings.json', () => {
  test.each(readCases<Encoding>('encodings'))('$op: $name', async given => {
    const run = RUN[given.op ?? '']!
    if (given.refusal !== undefined) expect(await refusalOf(() => run(given))).toBe(kindOf(given.refusal))
    else expect(run(given)).toBe(given.expect)
  })
})

type Padding = { readonly length: number; readonly padded: Bytes; readonly expect: number | Bytes }

describe('padding.json', () => {
  const cases = readCases<Padding>('padding')
  test.each(cases.filter(({ op }) => op === 'padme'))('padme: $name', given => {
    expect(padme(given.length)).toBe(given.expect)
  })
  test.each(cases.filter(({ op }) => op === 'padded-length'))('padded length: $name', given => {
    expect(paddedLength(given.length)).toBe(given.expect)
  })
  test.each(cases.filter(({ op }) => op === 'unpad'))('unpad: $name', async given => {
    const padded = bytesOf(given.padded)
    if (given.refusal !== undefined) {
      expect(await refusalOf(() => unpad(padded))).toBe(kindOf(given.refusal))
      return
    }
    expect(hex(unpad(padded))).toBe(hex(bytesOf(given.expect as Bytes)))
    expect(hex(pad(bytesOf(given.expect as Bytes)))).toBe(hex(padded))
  })
})

type XWing = {
  readonly seed: string
  readonly randomness: string
  readonly ciphertext: string
  readonly expect: { readonly public: string; readonly ciphertext: string; readonly secret: string }
}

describe('xwing.json', () => {
  test.each(readCases<XWing>('xwing'))('$name', async given => {
    const seed = unhex(given.seed)
    if (given.refusal !== undefined) {
      expect(await refusalOf(() => decapsulate(unhex(given.ciphertext), seed))).toBe(kindOf(given.refusal))
      return
    }
    const made = encapsulate(publicOf(seed), unhex(given.randomness))
    expect(hex(publicOf(seed))).toBe(given.expect.public)
    expect(hex(made.ciphertext)).toBe(given.expect.ciphertext)
    expect(hex(made.sharedSecret)).toBe(given.expect.secret)
    expect(hex(decapsulate(made.ciphertext, seed))).toBe(given.expect.secret)
  })
})
