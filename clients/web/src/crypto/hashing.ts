/** Hashes, keyed hashes, HKDF and the identifiers that are computed from bytes (docs/spec/encodings.md). */
import { base32 } from './encoding.ts'
import { join, NOTHING, utf8 } from './bytes.ts'
import type { PublicKeys } from './keys.ts'
import { KEY_ID } from './labels.ts'
import { sodium } from './sodium.ts'

export const sha256 = (bytes: Uint8Array): Uint8Array => sodium.crypto_hash_sha256(bytes)
export const sha512 = (bytes: Uint8Array): Uint8Array => sodium.crypto_hash_sha512(bytes)

/** HMAC-SHA-512 with a label as its key, cut to 32 bytes. */
export function hmac512(label: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const state = sodium.crypto_auth_hmacsha512_init(utf8(label))
  for (const part of parts) sodium.crypto_auth_hmacsha512_update(state, part)
  return sodium.crypto_auth_hmacsha512_final(state).slice(0, 32)
}

/** HMAC-SHA-256 with a key of any length. */
export function hmac256(key: Uint8Array, message: Uint8Array): Uint8Array {
  const state = sodium.crypto_auth_hmacsha256_init(key)
  sodium.crypto_auth_hmacsha256_update(state, message)
  return sodium.crypto_auth_hmacsha256_final(state)
}

/** 32 bytes of HKDF-SHA-256 (RFC 5869). An empty salt counts as 32 zero bytes, as HMAC pads it. */
export function hkdf(key: Uint8Array, info: Uint8Array | string, salt: Uint8Array = NOTHING): Uint8Array {
  const secret = hmac256(salt.length === 0 ? new Uint8Array(32) : salt, key)
  return hmac256(secret, join(typeof info === 'string' ? utf8(info) : info, Uint8Array.of(1)))
}

/** SHA-256 of what comes in pieces. */
export class RunningSha256 {
  readonly #state = sodium.crypto_hash_sha256_init()
  #digest: Uint8Array | undefined

  update(piece: Uint8Array): void {
    sodium.crypto_hash_sha256_update(this.#state, piece)
  }

  /** Ends it, and must be called however it ends: libsodium frees its state here. The same again when called again. */
  digest(): Uint8Array {
    this.#digest ??= sodium.crypto_hash_sha256_final(this.#state)
    return this.#digest
  }
}

/** `b` and 64 small hexadecimal digits. */
export const blobId = (bytes: Uint8Array): string => `b${sodium.to_hex(sha256(bytes))}`

/**
 * As {@link blobId}, computed beside this thread where the browser can (five times as fast), else here. For what is public:
 * sealed bytes.
 */
export async function blobIdBeside(bytes: Uint8Array): Promise<string> {
  const { subtle } = crypto as { readonly subtle?: SubtleCrypto } // only where the page came over TLS, or from this machine
  if (subtle === undefined) return blobId(bytes)
  return `b${sodium.to_hex(new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)))}`
}

/** `k` and 26 characters. */
export const keyId = (keys: PublicKeys): string =>
  `k${base32(sha256(join(utf8(KEY_ID), keys.signing.raw, keys.sealing.raw)).slice(0, 16))}`
