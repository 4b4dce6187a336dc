/** Passwords: Argon2id inside a floor and a ceiling, because a server names the parameters (docs/spec/keybox.md). */
import { utf8 } from './bytes.ts'
import { b64u, type Json, unb64u } from './encoding.ts'
import { CryptoError, under } from './errors.ts'
import {
  KDF_LANES,
  KDF_MEMORY,
  KDF_MEMORY_CEILING,
  KDF_MEMORY_FLOOR,
  KDF_PASSES,
  KDF_PASSES_CEILING,
  KDF_PASSES_FLOOR,
} from './labels.ts'
import { SYSTEM } from './randomness.ts'
import { integer, members, text } from './shape.ts'
import { sodium } from './sodium.ts'

/** As in a slot and in the answer to a challenge: `memory` in KiB, `salt` b64u of 16 bytes. */
export type PasswordKdf = {
  readonly lanes: number
  readonly memory: number
  readonly name: 'argon2id'
  readonly passes: number
  readonly salt: string
}

/** What a password and its parameters give: M, 32 bytes. */
export type Master = { readonly kind: 'Master'; readonly raw: Uint8Array; readonly kdf: PasswordKdf }

const LONE_SURROGATE = /\p{Surrogate}/u

/** What is written today, with a new salt. */
export const freshKdf = (): PasswordKdf => ({
  lanes: KDF_LANES,
  memory: KDF_MEMORY,
  name: 'argon2id',
  passes: KDF_PASSES,
  salt: b64u(SYSTEM(16)),
})

/** Raises NotCanonical for another shape, WeakKdf for parameters outside floor and ceiling. */
export function kdfFromJson(raw: Json): PasswordKdf {
  const found = members(raw, ['lanes', 'memory', 'name', 'passes', 'salt'])
  if (found.name !== 'argon2id') throw new CryptoError('NotCanonical', 'keybox/1')
  const kdf: PasswordKdf = {
    lanes: integer(found.lanes),
    memory: integer(found.memory),
    name: found.name,
    passes: integer(found.passes),
    salt: text(found.salt),
  }
  unb64u(kdf.salt, 16)
  checkKdf(kdf)
  return kdf
}

function checkKdf({ lanes, memory, passes }: PasswordKdf): void {
  const isWithin =
    lanes === KDF_LANES &&
    memory >= KDF_MEMORY_FLOOR &&
    memory <= KDF_MEMORY_CEILING &&
    passes >= KDF_PASSES_FLOOR &&
    passes <= KDF_PASSES_CEILING
  if (!isWithin) throw new CryptoError('WeakKdf', 'keybox/5')
}

/**
 * Argon2id over NFC(password): some 64 MiB and a quarter of a second.
 *
 * Raises WeakKdf before any work is done, NotCanonical for a password that is not text, CannotOpen where the platform
 * does not give the memory.
 */
export function stretch(password: string, kdf: PasswordKdf): Master {
  checkKdf(kdf)
  if (LONE_SURROGATE.test(password)) throw new CryptoError('NotCanonical', 'encodings/text')
  const spelled = utf8(password.normalize('NFC'))
  const { crypto_pwhash, crypto_pwhash_ALG_ARGON2ID13 } = sodium
  const raw = under('CannotOpen', 'keybox/memory', () =>
    crypto_pwhash(32, spelled, unb64u(kdf.salt, 16), kdf.passes, kdf.memory * 1024, crypto_pwhash_ALG_ARGON2ID13),
  )
  return { kind: 'Master', raw, kdf }
}
