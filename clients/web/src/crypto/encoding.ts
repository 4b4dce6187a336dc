/** The words of docs/spec/encodings.md that need no cryptography, so that a page may use them too. */
import { utf8 } from './bytes.ts'
import { CryptoError, under } from './errors.ts'

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

const DEPTH_LIMIT = 32
const LONE_SURROGATE = /\p{Surrogate}/u
const B64U = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const B64U_VALUE = new Map(Array.from(B64U, (symbol, value) => [symbol.charCodeAt(0), value]))
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const refuse = (item: 'b64u' | 'json'): never => {
  throw new CryptoError('NotCanonical', `encodings/${item}`)
}

/** Symbols of `bits` bits each, the first holding the highest; the last is filled with zero bits. */
function symbols(bytes: Uint8Array, alphabet: string, bits: number): string {
  const mask = (1 << bits) - 1
  let text = ''
  let held = 0
  let count = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xffff
    count += 8
    for (; count >= bits; count -= bits) text += alphabet.charAt((held >> (count - bits)) & mask)
  }
  return count === 0 ? text : text + alphabet.charAt((held << (bits - count)) & mask)
}

/** base64url without padding (RFC 4648, 5). */
export const b64u = (bytes: Uint8Array): string => symbols(bytes, B64U, 6)

/** RFC 4648, 6, in small letters and without padding. */
export const base32 = (bytes: Uint8Array): string => symbols(bytes, BASE32, 5)

/** Undo {@link b64u}. Padding, other symbols, stray bits or another length than asked for: NotCanonical. */
export function unb64u(text: string, length?: number): Uint8Array {
  if (text.length % 4 === 1) refuse('b64u')
  const bytes = new Uint8Array((text.length * 6) >> 3)
  let held = 0
  let count = 0
  let at = 0
  for (let i = 0; i < text.length; i++) {
    held = ((held << 6) | (B64U_VALUE.get(text.charCodeAt(i)) ?? refuse('b64u'))) & 0xfff
    count += 6
    if (count >= 8) {
      count -= 8
      bytes[at++] = (held >> count) & 0xff
    }
  }
  if ((held & ((1 << count) - 1)) !== 0) refuse('b64u')
  if (length !== undefined && bytes.length !== length) refuse('b64u')
  return bytes
}

/** Canonical JSON (RFC 8785, integers only) in UTF-8. Throws NotCanonical for what it cannot say. */
export const canonical = (value: Json): Uint8Array => utf8(write(value, 0))

/** The value of bytes that are exactly canonical JSON; anything else is NotCanonical. */
export function parseCanonical(bytes: Uint8Array): Json {
  const [text, value] = under('NotCanonical', 'encodings/json', () => parse(bytes))
  if (write(value, 0) !== text) refuse('json')
  return value
}

function parse(bytes: Uint8Array): readonly [string, Json] {
  const text = decoder.decode(bytes)
  return [text, JSON.parse(text) as Json]
}

function write(value: Json, depth: number): string {
  switch (typeof value) {
    case 'string':
      return quote(value)
    case 'number':
      // -0 is written as 0, as RFC 8785 says.
      return Number.isSafeInteger(value) ? String(value) : refuse('json')
    case 'boolean':
      return String(value)
    case 'object':
      return value === null ? 'null' : writeContainer(value, depth + 1)
    default:
      return refuse('json')
  }
}

function writeContainer(value: readonly Json[] | JsonObject, depth: number): string {
  if (depth > DEPTH_LIMIT) refuse('json')
  if (isList(value)) return `[${Array.from(value, item => write(item, depth)).join(',')}]`
  // Without a comparison function sort() goes by UTF-16 code units: the order that RFC 8785, 3.2.3 wants.
  const names = Object.keys(value).sort()
  return `{${names.map(name => `${quote(name)}:${write(value[name] as Json, depth)}`).join(',')}}`
}

const isList = (value: readonly Json[] | JsonObject): value is readonly Json[] => Array.isArray(value)

function quote(text: string): string {
  if (LONE_SURROGATE.test(text)) refuse('json')
  return JSON.stringify(text)
}
