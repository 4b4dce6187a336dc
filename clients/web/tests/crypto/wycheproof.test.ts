/**
 * C2SP Wycheproof's vectors through our own wrappers, with the verdicts that the Python twin gives too
 * (tests/vectors/wycheproof/verdicts.json).
 *
 * libsodium keeps X-Wing's inside to itself: its ML-KEM is called by the same door here, and the wrappers are then
 * shown to be made of exactly that.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { encrypt, unseal } from '../../src/crypto/aead.ts'
import { join } from '../../src/crypto/bytes.ts'
import { CryptoError } from '../../src/crypto/errors.ts'
import { hkdf, hmac512 } from '../../src/crypto/hashing.ts'
import { loadSealing, loadSigning, SealingSeed, verify } from '../../src/crypto/keys.ts'
import { KEM_CIPHERTEXT_SIZE, KEM_KEY_SIZE } from '../../src/crypto/labels.ts'
import { ready, sodium } from '../../src/crypto/sodium.ts'
import { checkPublic, decapsulate, encapsulate, publicOf } from '../../src/crypto/xwing.ts'
import { hex, unhex } from './vectors.ts'

type Suite = 'ed25519' | 'x25519' | 'xchacha' | 'hkdf' | 'hmac' | 'mlkem'
type Verdict = 'accepted' | 'refused'
type Result = 'valid' | 'invalid' | 'acceptable'
type Case = { readonly tcId: number; readonly comment: string; readonly result: Result; readonly flags: string[] }
type Values<Names extends string> = Case & Readonly<Record<Names, string>>
type Verdicts = {
  readonly rule: Readonly<Record<Result, Verdict>>
  readonly stricter: readonly { readonly suite: Suite; readonly tcIds: readonly number[]; readonly reason: string }[]
  readonly tally: Readonly<Record<Suite, Readonly<Record<Verdict, number>>>>
  readonly refusals: Readonly<Record<string, string>>
  readonly coefficients: { readonly tcId: number; readonly verdicts: Readonly<Record<string, Verdict>> }
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../../tests/vectors/wycheproof/${name}.json`, import.meta.url), 'utf8'))
const casesOf = <Names extends string>(suite: Suite) =>
  (read(suite) as { readonly cases: readonly Values<Names>[] }).cases

const VERDICTS = read('verdicts') as Verdicts
const SUITES = Object.keys(VERDICTS.tally) as Suite[]
const LISTED = new Set(VERDICTS.stricter.flatMap(({ suite, tcIds }) => tcIds.map(tcId => `${suite} ${tcId}`)))
const ED25519 = casesOf<'public' | 'msg' | 'sig'>('ed25519')
const X25519 = casesOf<'public' | 'private' | 'shared'>('x25519')
const XCHACHA = casesOf<'key' | 'iv' | 'aad' | 'msg' | 'ct' | 'tag'>('xchacha')
const HKDF = casesOf<'ikm' | 'salt' | 'info' | 'okm'>('hkdf')
const HMAC = casesOf<'key' | 'msg' | 'tag'>('hmac')
const MLKEM = casesOf<'seed' | 'c' | 'K' | 'ekSha256'>('mlkem')
const MLKEM_VALID = MLKEM.filter(({ result }) => result === 'valid')
const MLKEM_INVALID = MLKEM.filter(({ result }) => result === 'invalid')

const SEED = Uint8Array.from({ length: 32 }, (_, i) => i)
const M = new Uint8Array(32).fill(7)
const XWING_LABEL = unhex('5c2e2f2f5e5c')

const expected = (suite: Suite, { tcId, result }: Case): Verdict =>
  LISTED.has(`${suite} ${tcId}`) ? 'refused' : VERDICTS.rule[result]

/** The verdict as the name of the error that this door refuses with. */
const nameOf = (door: string, verdict: Verdict) => (verdict === 'refused' ? VERDICTS.refusals[door]! : verdict)
const answer = (door: string, suite: Suite, found: Case) => nameOf(door, expected(suite, found))

type Answered<T> = { readonly verdict: string; readonly made?: T }

function answered<T>(work: () => T): Answered<T> {
  try {
    return { verdict: 'accepted', made: work() }
  } catch (error) {
    if (error instanceof CryptoError) return { verdict: error.kind }
    throw error
  }
}

/** What X-Wing makes of two secrets (envelope.md), by Node's own SHA-3. */
const combined = (...parts: readonly Uint8Array[]): Uint8Array =>
  createHash('sha3-256')
    .update(join(...parts, XWING_LABEL))
    .digest()
const hasCiphertext = (found: Case) => Object.hasOwn(found, 'c')
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

beforeAll(ready)

test.each(ED25519)('ed25519 tcId $tcId has the shared verdict: $comment', found => {
  // Wycheproof's keys are all of the prime-order group: one that did not load would end the test here.
  const key = loadSigning(unhex(found.public))

  const verdict = verify(unhex(found.sig), unhex(found.msg), key) ? 'accepted' : 'CannotOpen'

  expect(verdict).toBe(answer('ed25519 verify', 'ed25519', found))
})

describe('X25519 in X-Wing', () => {
  const kemKey = () => publicOf(SEED).subarray(0, KEM_KEY_SIZE)

  test.each(X25519)('x25519 tcId $tcId is loaded by the shared verdict: $comment', found => {
    const { verdict } = answered(() => loadSealing(join(kemKey(), unhex(found.public))))

    expect(verdict).toBe(answer('x25519 load', 'x25519', found))
  })

  test.each(X25519)('x25519 tcId $tcId is multiplied by the shared verdict: $comment', found => {
    const [theirs, secret, shared] = [unhex(found.public), unhex(found.private), unhex(found.shared)]
    const kem = sodium.crypto_kem_mlkem768_enc_deterministic(kemKey(), M)

    const { verdict, made } = answered(() => encapsulate(join(kemKey(), theirs), join(M, secret)))

    expect(verdict).toBe(answer('x25519 encapsulate', 'x25519', found))
    const ours = made && combined(kem.sharedSecret, shared, made.ciphertext.subarray(KEM_CIPHERTEXT_SIZE - 32), theirs)
    expect(made && hex(made.sharedSecret)).toBe(ours && hex(ours))
  })

  test.each(X25519)('x25519 tcId $tcId in a ciphertext has the shared verdict: $comment', found => {
    const ciphertext = join(new Uint8Array(KEM_CIPHERTEXT_SIZE - 32), unhex(found.public))

    const { verdict } = answered(() => decapsulate(ciphertext, SEED))

    expect(verdict).toBe(answer('x25519 decapsulate', 'x25519', found))
  })
})

describe('XChaCha20-Poly1305', () => {
  test.each(XCHACHA)('xchacha tcId $tcId opens by the shared verdict: $comment', found => {
    const sealed = unhex(found.iv + found.ct + found.tag)

    const { verdict, made } = answered(() => unseal(unhex(found.key), sealed, unhex(found.aad), 'vector'))

    expect(verdict).toBe(answer('xchacha unseal', 'xchacha', found))
    expect(made && hex(made)).toBe(verdict === 'accepted' ? found.msg : undefined)
  })

  test.each(XCHACHA.filter(({ result }) => result === 'valid'))('xchacha tcId $tcId seals to the same bytes', found => {
    const sealed = encrypt(unhex(found.key), unhex(found.iv), unhex(found.msg), unhex(found.aad))

    expect(hex(sealed)).toBe(found.ct + found.tag)
  })

  test.each(XCHACHA.filter(({ flags }) => flags.includes('InvalidNonceSize')))(
    'xchacha tcId $tcId seals nothing: $comment',
    found => {
      expect(() => encrypt(unhex(found.key), unhex(found.iv), unhex(found.msg), unhex(found.aad))).toThrow(/nonce/)
    },
  )
})

test.each(HKDF)('hkdf tcId $tcId gives the same bytes: $comment', found => {
  expect(hex(hkdf(unhex(found.ikm), unhex(found.info), unhex(found.salt)))).toBe(found.okm)
})

test.each(HMAC)('hmac tcId $tcId, cut to 32 bytes, has the shared verdict: $comment', found => {
  // The key of our HMAC-SHA-512 is a label: here the label is spelled with the bytes of the case's key.
  vi.spyOn(TextEncoder.prototype, 'encode').mockReturnValue(unhex(found.key) as Uint8Array<ArrayBuffer>)
  const message = unhex(found.msg)

  const made = hex(hmac512('label', message.subarray(0, 5), message.subarray(5)))

  expect(made === found.tag ? 'accepted' : 'refused').toBe(expected('hmac', found))
})

describe('ML-KEM-768', () => {
  test.each(MLKEM_VALID)('mlkem tcId $tcId makes the key and decapsulates: $comment', found => {
    const { publicKey, privateKey } = sodium.crypto_kem_mlkem768_seed_keypair(unhex(found.seed))

    const secret = sodium.crypto_kem_mlkem768_dec(unhex(found.c), privateKey)

    expect(sha256(publicKey)).toBe(found.ekSha256)
    expect(hex(secret)).toBe(found.K)
  })

  test.each(MLKEM_VALID)('X-Wing, given the bytes of mlkem tcId $tcId, is made of that ML-KEM and X25519', found => {
    const [seed, kemCiphertext] = [unhex(found.seed).subarray(0, 32), unhex(found.c)]
    const theirs = unhex(X25519[0]!.public)
    const expanded = createHash('shake256', { outputLength: 96 }).update(seed).digest()
    const kem = sodium.crypto_kem_mlkem768_seed_keypair(expanded.subarray(0, 64))
    const x25519 = sodium.crypto_scalarmult_base(expanded.subarray(64))
    const secretM = sodium.crypto_kem_mlkem768_dec(kemCiphertext, kem.privateKey)
    const secretX = sodium.crypto_scalarmult(expanded.subarray(64), theirs)

    const secret = decapsulate(join(kemCiphertext, theirs), seed)

    expect(hex(publicOf(seed))).toBe(hex(join(kem.publicKey, x25519)))
    expect(hex(secret)).toBe(hex(combined(secretM, secretX, theirs, x25519)))
  })

  test.each(MLKEM_INVALID.filter(hasCiphertext))('mlkem tcId $tcId is refused: $comment', found => {
    const ciphertext = join(unhex(found.c), unhex(X25519[0]!.public))

    const { verdict } = answered(() => decapsulate(ciphertext, SEED))

    expect(verdict).toBe(answer('mlkem decapsulate', 'mlkem', found))
  })

  test.each(MLKEM_INVALID.filter(found => !hasCiphertext(found)))('mlkem tcId $tcId is no key: $comment', found => {
    // ML-KEM's own seed is cut from 96 bytes of SHAKE-256 and has one length: ours is checked where it comes in.
    expect(answer('mlkem seed', 'mlkem', found)).toBe('Length')
    expect(() => new SealingSeed(unhex(found.seed))).toThrow(RangeError)
  })

  test.each(Object.entries(VERDICTS.coefficients.verdicts))('a coefficient of %s is %s anywhere', (value, verdict) => {
    const { seed } = MLKEM.find(({ tcId }) => tcId === VERDICTS.coefficients.tcId)!
    const { publicKey } = sodium.crypto_kem_mlkem768_seed_keypair(unhex(seed))
    const whole = join(publicKey, unhex(X25519[0]!.public))
    const spoilt = Array.from({ length: 768 }, (_, index) => withCoefficient(whole, index, Number(value)))

    const loaded = new Set(spoilt.map(key => answered(() => checkPublic(key)).verdict))
    const sealed = new Set(spoilt.map(key => answered(() => encapsulate(key, join(M, M))).verdict))

    expect([...loaded]).toEqual([nameOf('mlkem load', verdict)])
    expect([...sealed]).toEqual([nameOf('mlkem encapsulate', verdict)])
  })
})

test.each(SUITES)('no case of %s is lost', suite => {
  const verdicts = casesOf(suite).map(found => expected(suite, found))
  const count = (wanted: Verdict) => verdicts.filter(verdict => verdict === wanted).length

  expect({ accepted: count('accepted'), refused: count('refused') }).toEqual(VERDICTS.tally[suite])
})

test('the table of stricter cases lists only what Wycheproof lets pass, with a reason', () => {
  const passing = SUITES.flatMap(suite =>
    casesOf(suite)
      .filter(({ result }) => result !== 'invalid')
      .map(({ tcId }) => `${suite} ${tcId}`),
  )

  expect(passing).toEqual(expect.arrayContaining([...LISTED]))
  expect(VERDICTS.stricter.filter(({ reason }) => reason === '')).toEqual([])
})

/** `key` with the 12-bit coefficient `index` replaced (FIPS 203, algorithm 5: little-endian bits). */
function withCoefficient(key: Uint8Array, index: number, value: number): Uint8Array {
  const changed = key.slice()
  const at = 3 * (index >> 1)
  const middle = changed[at + 1]!
  if (index % 2 === 0) changed.set([value & 255, (middle & 0xf0) | (value >> 8)], at)
  else changed.set([(middle & 15) | ((value & 15) << 4), value >> 4], at + 1)
  return changed
}
