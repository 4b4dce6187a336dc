/** Byte strings: join, compare, count. */

const encoder = new TextEncoder()

export const NOTHING = new Uint8Array(0)

/** UTF-8. A lone surrogate becomes U+FFFD: refuse it before, where it matters. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text)

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** `label || 00 || rest`. */
export const labelled = (label: string, ...rest: readonly Uint8Array[]): Uint8Array =>
  join(utf8(label), new Uint8Array(1), ...rest)

/** Equal in length and content; the time depends on the lengths only. */
export function equal(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false
  let difference = 0
  for (let i = 0; i < left.length; i++) difference |= (left[i] ?? 0) ^ (right[i] ?? 0)
  return difference === 0
}

export const isZero = (bytes: Uint8Array): boolean => bytes.every(byte => byte === 0)

/** 8 bytes, big-endian, of an integer from 0 to 2^53-1 (2^64-1 as a bigint). */
export function u64be(number: number | bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(number))
  return bytes
}
