/**
 * Small sealed states of one person (read marks, filed documents), under names that tell the relay nothing.
 *
 * ```
 * name   b64u(HMAC-SHA-256(key HKDF(BK, info "pli state name v1"), label in UTF-8))             43 characters
 * sealed seal(HKDF(BK, info "pli state v1"), bytes, ad "pli state v1" || 00 || name in ASCII)
 * ```
 * `seal` is the one of docs/spec/encodings.md. The name in the additional data keeps the relay from giving one state
 * for another; an older state of the same name still opens: nothing that must not go back may be kept here.
 */
import { sealUnder, unseal } from './aead.ts'
import { labelled, utf8 } from './bytes.ts'
import { b64u } from './encoding.ts'
import { hkdf, hmac256 } from './hashing.ts'
import type { BoxKey } from './keys.ts'
import { STATE, STATE_NAME } from './labels.ts'

export const stateName = (boxKey: BoxKey, label: string): string =>
  b64u(hmac256(hkdf(boxKey.raw, STATE_NAME), utf8(label)))

export const sealState = (boxKey: BoxKey, label: string, bytes: Uint8Array): Uint8Array =>
  sealUnder(hkdf(boxKey.raw, STATE), bytes, additional(stateName(boxKey, label)))

/** Raises CannotOpen. */
export const openState = (boxKey: BoxKey, label: string, sealed: Uint8Array): Uint8Array =>
  unseal(hkdf(boxKey.raw, STATE), sealed, additional(stateName(boxKey, label)), 'state')

const additional = (name: string): Uint8Array => labelled(STATE, utf8(name))
