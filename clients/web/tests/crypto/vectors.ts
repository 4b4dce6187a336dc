/** Reads the vector files that both languages share (tests/vectors/README.md). */
import { readFileSync } from 'node:fs'
import { join } from '../../src/crypto/bytes.ts'
import { CryptoError, type CryptoErrorKind } from '../../src/crypto/errors.ts'

export type Bytes = string | { readonly repeat: string; readonly times: number } | readonly Bytes[]
export type Case<Members> = Members & { readonly name: string; readonly op?: string; readonly refusal?: string }

/** `name` is relative to tests/vectors of the checkout. */
export function readCases<Members>(name: string): readonly Case<Members>[] {
  const file = new URL(`../../../../tests/vectors/${name}.json`, import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case<Members>[] }).cases
}

export const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

export function bytesOf(bytes: Bytes): Uint8Array {
  if (typeof bytes === 'string') return unhex(bytes)
  if ('repeat' in bytes) return unhex(bytes.repeat.repeat(bytes.times))
  return join(...bytes.map(bytesOf))
}

const KINDS: Readonly<Record<string, CryptoErrorKind>> = {
  'encodings/b64u': 'NotCanonical',
  'encodings/json': 'NotCanonical',
  'encodings/time': 'NotCanonical',
  'keybox/5': 'WeakKdf',
  'keybox/6': 'OlderBox',
  'keybox/7': 'BadCode',
}

const transparency = (kind: CryptoErrorKind, ...items: readonly number[]): Readonly<Record<string, CryptoErrorKind>> =>
  Object.fromEntries(items.map(item => [`transparency/${item}`, kind]))

const LOG_KINDS: Readonly<Record<string, CryptoErrorKind>> = {
  ...transparency('BadStatement', 1, 2, 3, 13, 14),
  ...transparency('WeakKey', 4),
  ...transparency('BadCheckpoint', 5, 6, 7, 8, 9),
  ...transparency('BadProof', 10, 11),
  ...transparency('BadPolicy', 12),
}

/** The kind of error that the page names for an item: CannotOpen where it names none. */
export const kindOf = (refusal: string): CryptoErrorKind => ({ ...KINDS, ...LOG_KINDS })[refusal] ?? 'CannotOpen'

/** What `work` was refused with, or the fact that it was not. */
export async function refusalOf(work: () => unknown): Promise<string> {
  try {
    await work()
    return 'accepted'
  } catch (error) {
    return error instanceof CryptoError ? error.kind : String(error)
  }
}
