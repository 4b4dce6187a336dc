/**
 * Where randomness comes from. No public function takes a Source: payload keys, ephemeral keys and attachment keys are
 * safe only because they are fresh. Tests reach the functions whose names begin with an underscore.
 */
import { b64u, base32 } from './encoding.ts'

/** Gives so many bytes. */
export type Source = (size: number) => Uint8Array<ArrayBuffer>

/** The platform's: in a page, a worker and Node alike. */
export const SYSTEM: Source = size => crypto.getRandomValues(new Uint8Array(size))

/** A new order of the same items. */
export function shuffled<T>(items: readonly T[]): T[] {
  // 16 random bytes for each item: two equal ones, the only bias, do not happen.
  const drawn = items.map(item => ({ item, place: b64u(SYSTEM(16)) }))
  return drawn.sort((left, right) => (left.place < right.place ? -1 : 1)).map(({ item }) => item)
}

/** A fresh letter, thread, attachment or slot id: 22 characters. */
export const randomId = (): string => b64u(SYSTEM(16))

/** A fresh account id: `a` and 26 characters. */
export const accountId = (): string => `a${base32(SYSTEM(16))}`
