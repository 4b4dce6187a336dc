/** XChaCha20-Poly1305-IETF (draft-irtf-cfrg-xchacha-03): with a random nonce in front, or with a counted one. */
import { join } from './bytes.ts'
import { cannotOpen, under } from './errors.ts'
import { SYSTEM } from './randomness.ts'
import { sodium } from './sodium.ts'

export const NONCE_SIZE = 24
export const OVERHEAD = 16

/** `data` and 16 bytes more. The caller answers for the nonce. */
export const encrypt = (key: Uint8Array, nonce: Uint8Array, data: Uint8Array, ad: Uint8Array): Uint8Array =>
  sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(data, ad, null, nonce, key)

/** What {@link encrypt} was given. Raises CannotOpen(item). */
export const decrypt = (
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  ad: Uint8Array,
  item: string,
): Uint8Array =>
  under('CannotOpen', item, () => sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, sealed, ad, nonce, key))

/** `seal` of docs/spec/encodings.md: nonce (24) || ciphertext. */
export function sealUnder(key: Uint8Array, data: Uint8Array, ad: Uint8Array): Uint8Array {
  const nonce = SYSTEM(NONCE_SIZE)
  return join(nonce, encrypt(key, nonce, data, ad))
}

/** What {@link sealUnder} was given. Raises CannotOpen(item). */
export function unseal(key: Uint8Array, sealed: Uint8Array, ad: Uint8Array, item: string): Uint8Array {
  if (sealed.length < NONCE_SIZE + OVERHEAD) throw cannotOpen(item)
  return decrypt(key, sealed.subarray(0, NONCE_SIZE), sealed.subarray(NONCE_SIZE), ad, item)
}
