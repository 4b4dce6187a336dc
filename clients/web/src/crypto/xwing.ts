/** X-Wing (draft-connolly-cfrg-xwing-kem-06): ML-KEM-768 and X25519 in one. A secret key is its 32-byte seed. */
import { cannotOpen, CryptoError } from './errors.ts'
import { KEM_CIPHERTEXT_SIZE, KEM_KEY_SIZE, KEM_MODULUS, SEALING_KEY_SIZE } from './labels.ts'
import { sodium } from './sodium.ts'

export type Encapsulated = { readonly sharedSecret: Uint8Array; readonly ciphertext: Uint8Array }

const ANY_SCALAR = new Uint8Array(32).fill(1)

export const publicOf = (seed: Uint8Array): Uint8Array => sodium.crypto_kem_xwing_seed_keypair(seed).publicKey

/** `randomness` is 64 bytes, fresh each time. Raises WeakKey. */
export function encapsulate(publicKey: Uint8Array, randomness: Uint8Array): Encapsulated {
  try {
    return sodium.crypto_kem_xwing_enc_deterministic(publicKey, randomness)
  } catch (cause) {
    throw new CryptoError('WeakKey', 'transparency/4', { cause })
  }
}

/** The shared secret. Raises CannotOpen for a ciphertext of another length or with a weak X25519 part. */
export function decapsulate(ciphertext: Uint8Array, seed: Uint8Array): Uint8Array {
  if (ciphertext.length !== KEM_CIPHERTEXT_SIZE) throw cannotOpen('envelope/4')
  try {
    return sodium.crypto_kem_xwing_dec(ciphertext, seed)
  } catch (cause) {
    throw new CryptoError('CannotOpen', 'envelope/5', { cause })
  }
}

/** Raises WeakKey when either half would give its secret away (envelope.md; FIPS 203, 7.2). */
export function checkPublic(raw: Uint8Array): void {
  if (raw.length !== SEALING_KEY_SIZE || !isReduced(raw) || isSmallOrder(raw.subarray(KEM_KEY_SIZE))) {
    throw new CryptoError('WeakKey', 'transparency/4')
  }
}

/** Every 12-bit coefficient is below the modulus; the last 32 bytes of the ML-KEM key are its matrix's seed. */
function isReduced(raw: Uint8Array): boolean {
  for (let i = 0; i < KEM_KEY_SIZE - 32; i += 3) {
    const [low = 0, middle = 0, high = 0] = raw.subarray(i, i + 3)
    if ((((middle & 15) << 8) | low) >= KEM_MODULUS) return false
    if (((high << 4) | (middle >> 4)) >= KEM_MODULUS) return false
  }
  return true
}

/** libsodium refuses a multiplication that ends at zero, and every small-order point does. */
function isSmallOrder(point: Uint8Array): boolean {
  try {
    sodium.crypto_scalarmult(ANY_SCALAR, point)
    return false
  } catch {
    return true
  }
}
