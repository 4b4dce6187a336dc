/** The number on the receipt of a refused account (docs/spec/login.md, Opposition). */
import { join, labelled, utf8 } from './bytes.ts'
import type { Code } from './code.ts'
import { base32 } from './encoding.ts'
import { hkdf } from './hashing.ts'
import { OPPOSITION_RECEIPT } from './labels.ts'

/**
 * `o` and 26 characters: 128 bits that only who holds the letter can make, and makes anew each time. So it is kept nowhere,
 * and a computer that others use does not say who refused. `second` is the other code of a letter with two.
 */
export function oppositionReceipt(login: string, code: Code, second?: Code): string {
  const codes = join(code.raw, ...(second === undefined ? [] : [second.raw]))
  return `o${base32(hkdf(codes, labelled(OPPOSITION_RECEIPT, utf8(login.toLowerCase()))).slice(0, 16))}`
}
