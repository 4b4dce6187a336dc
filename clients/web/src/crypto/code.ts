/** Letter, recovery and pairing codes: 130 bits that people type (docs/spec/keybox.md, Codes). No cryptography. */
import { CryptoError } from './errors.ts'
import { type Source, SYSTEM } from './randomness.ts'

/** 130 bits as 17 bytes, big-endian. */
export type Code = { readonly kind: 'Code'; readonly raw: Uint8Array }

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const CHECKS = `${ALPHABET}*~$=U`
const BYTES = 17
const BITS = 130n
const LENGTH = 26
const TYPED = new RegExp(`^[${ALPHABET}]{${LENGTH + 1}}$`)

/** A fresh one whose check symbol is a letter or a digit. */
export const newCode = (): Code => _newCode(SYSTEM)

export function _newCode(source: Source): Code {
  for (;;) {
    // 136 bits, of which the highest six are dropped.
    const code = codeOfBits(numberOf(source(BYTES)) & ((1n << BITS) - 1n))
    if (code !== undefined) return code
  }
}

/** The code of these 130 bits; undefined when its check symbol is one that nobody could type. */
export const codeOfBits = (number: bigint): Code | undefined =>
  ALPHABET.includes(check(number)) ? codeOf(number) : undefined

/** As printed: nine groups of three, with hyphens. */
export const formatCode = (code: Code): string => codeText(code).replace(/...(?!$)/g, '$&-')

/** As machines carry it: 27 characters. */
export function codeText(code: Code): string {
  const number = numberOf(code.raw)
  const shifts = Array.from({ length: LENGTH }, (_, place) => BigInt(5 * (LENGTH - 1 - place)))
  const symbols = shifts.map(shift => ALPHABET.charAt(Number((number >> shift) & 31n))).join('')
  return `${symbols}${check(number)}`
}

/** What somebody typed: spaces, hyphens, small letters, O for 0, I and L for 1. Raises BadCode. */
export function parseCode(typed: string): Code {
  const symbols = typed.replace(/[ -]/g, '').replace(/[a-z]/g, letter => letter.toUpperCase())
  const meant = symbols.replaceAll('O', '0').replace(/[IL]/g, '1')
  if (!TYPED.test(meant)) throw new CryptoError('BadCode', 'keybox/7')
  const number = Array.from(meant.slice(0, -1)).reduce(
    (sum, symbol) => (sum << 5n) | BigInt(ALPHABET.indexOf(symbol)),
    0n,
  )
  if (check(number) !== meant.at(-1)) throw new CryptoError('BadCode', 'keybox/7')
  return codeOf(number)
}

const check = (number: bigint): string => CHECKS.charAt(Number(number % BigInt(CHECKS.length)))

export const numberOf = (bytes: Uint8Array): bigint => bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n)

const codeOf = (number: bigint): Code => ({
  kind: 'Code',
  raw: Uint8Array.from({ length: BYTES }, (_, place) => Number((number >> BigInt(8 * (BYTES - 1 - place))) & 255n)),
})
