/** One type per key. A public key from outside goes through a load function; a secret never prints itself. */
import { CryptoError } from './errors.ts'
import { sodium } from './sodium.ts'
import { type Source, SYSTEM } from './randomness.ts'
import { checkPublic, publicOf } from './xwing.ts'

/** Ed25519, 32 bytes. */
export type SigningPublic = { readonly kind: 'SigningPublic'; readonly raw: Uint8Array }
/** X-Wing, 1216 bytes. */
export type SealingPublic = { readonly kind: 'SealingPublic'; readonly raw: Uint8Array }
/** What others know of one person. */
export type PublicKeys = { readonly signing: SigningPublic; readonly sealing: SealingPublic }

/** 32 secret bytes. Private, so that neither a log nor a message to the page shows them. */
class Secret {
  readonly #raw: Uint8Array

  /** Takes a copy. Raises RangeError for another length. */
  constructor(raw: Uint8Array) {
    if (raw.length !== 32) throw new RangeError('a secret key has 32 bytes')
    this.#raw = raw.slice()
  }

  get raw(): Uint8Array {
    return this.#raw
  }

  wipe(): void {
    this.#raw.fill(0)
  }

  toJSON(): string {
    return '(secret)'
  }
}

/** An Ed25519 secret key as its seed. */
export class SigningSeed extends Secret {
  readonly kind = 'SigningSeed'
}
/** An X-Wing secret key as its seed. */
export class SealingSeed extends Secret {
  readonly kind = 'SealingSeed'
}
/** What the slots of a key box wrap: opens the content without a slot. */
export class BoxKey extends Secret {
  readonly kind = 'BoxKey'
}

/** What one person holds: both seeds. */
export type KeyPairs = { readonly signing: SigningSeed; readonly sealing: SealingSeed }

export const newKeyPairs = (): KeyPairs => _newKeyPairs(SYSTEM)

export const _newKeyPairs = (source: Source): KeyPairs => ({
  signing: new SigningSeed(source(32)),
  sealing: new SealingSeed(source(32)),
})

/** Raises WeakKey: not canonical, not on the curve, of small or mixed order. */
export function loadSigning(raw: Uint8Array): SigningPublic {
  if (raw.length !== 32 || !sodium.crypto_core_ed25519_is_valid_point(raw)) {
    throw new CryptoError('WeakKey', 'transparency/4')
  }
  return { kind: 'SigningPublic', raw }
}

/** Raises WeakKey (docs/spec/envelope.md, X-Wing). */
export function loadSealing(raw: Uint8Array): SealingPublic {
  checkPublic(raw)
  return { kind: 'SealingPublic', raw }
}

/** Raises WeakKey. */
export const loadPublicKeys = (signing: Uint8Array, sealing: Uint8Array): PublicKeys => ({
  signing: loadSigning(signing),
  sealing: loadSealing(sealing),
})

export const publicKeys = (pairs: KeyPairs): PublicKeys => ({
  signing: signingPublic(pairs.signing),
  sealing: publicOfSealing(pairs.sealing),
})

export const signingPublic = (seed: SigningSeed): SigningPublic => ({
  kind: 'SigningPublic',
  raw: sodium.crypto_sign_seed_keypair(seed.raw).publicKey,
})

export const publicOfSealing = (seed: SealingSeed): SealingPublic => ({ kind: 'SealingPublic', raw: publicOf(seed.raw) })

/** A detached Ed25519 signature, 64 bytes (RFC 8032). */
export function sign(message: Uint8Array, seed: SigningSeed): Uint8Array {
  const { privateKey } = sodium.crypto_sign_seed_keypair(seed.raw)
  return sodium.crypto_sign_detached(message, privateKey)
}

export const verify = (signature: Uint8Array, message: Uint8Array, key: SigningPublic): boolean =>
  signature.length === 64 && sodium.crypto_sign_verify_detached(signature, message, key.raw)
