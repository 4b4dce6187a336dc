/**
 * The box key of an open page, wrapped so that a reload opens the box again (docs/spec/keybox.md, Keeping a page open).
 *
 * Law: the wrapping key cannot be exported, and the box key itself never leaves the worker: only wrapped bytes do.
 */
import { join, labelled, u64be, utf8 } from './bytes.ts'
import { CryptoError } from './errors.ts'
import { BoxKey } from './keys.ts'
import { KEPT } from './labels.ts'
import { SYSTEM } from './randomness.ts'

const NONCE = 12 // bytes, AES-GCM
const LENGTH = 40 // the box key and u64be(version)

type Bytes = Uint8Array<ArrayBuffer>
/** `version` is the lowest version of the box that this page may take for its own. */
export type Kept = { readonly boxKey: BoxKey; readonly version: number }

const algorithm = (nonce: Uint8Array, account: string): AesGcmParams => ({
  name: 'AES-GCM',
  iv: nonce as Bytes,
  additionalData: labelled(KEPT, utf8(account)) as Bytes,
})

/** `nonce (12) || AES-256-GCM(key, box key || u64be(version))`. */
export async function wrapKept({ boxKey, version }: Kept, account: string, key: CryptoKey): Promise<Uint8Array> {
  const nonce = SYSTEM(NONCE)
  const inner = join(boxKey.raw, u64be(version)) as Bytes
  try {
    return join(nonce, new Uint8Array(await crypto.subtle.encrypt(algorithm(nonce, account), key, inner)))
  } finally {
    inner.fill(0)
  }
}

/** What {@link wrapKept} was given. Raises CannotOpen: another key or account, changed bytes. */
export async function unwrapKept(wrapped: Uint8Array, account: string, key: CryptoKey): Promise<Kept> {
  const inner = await opened(wrapped, account, key)
  try {
    if (inner.length !== LENGTH) throw new CryptoError('CannotOpen', 'kept')
    const version = Number(new DataView(inner.buffer).getBigUint64(32))
    return { boxKey: new BoxKey(inner.subarray(0, 32)), version }
  } finally {
    inner.fill(0)
  }
}

async function opened(wrapped: Uint8Array, account: string, key: CryptoKey): Promise<Bytes> {
  const sealed = wrapped.subarray(NONCE) as Bytes
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm(wrapped.subarray(0, NONCE), account), key, sealed))
  } catch (cause) {
    throw new CryptoError('CannotOpen', 'kept', { cause })
  }
}
