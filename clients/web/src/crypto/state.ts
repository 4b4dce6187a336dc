/**
 * Small sealed states of one person (read marks, drafts), under names that tell the relay nothing.
 *
 * ```
 * name   b64u(HMAC-SHA-256(key HKDF(BK, info "pli state name v1"), label in UTF-8))             43 characters
 * sealed seal(HKDF(BK, info "pli state v1"), bytes, ad "pli state v1" || 00 || name in ASCII || u64be(version))
 * ```
 * `seal` is the one of docs/spec/encodings.md. Name and version in the additional data keep the relay from giving one
 * state for another, and an old one under a new number; whoever loads it refuses a number below the highest it saw.
 */
import { sealUnder, unseal } from './aead.ts'
import { labelled, u64be, utf8 } from './bytes.ts'
import { b64u } from './encoding.ts'
import { hkdf, hmac256 } from './hashing.ts'
import type { BoxKey } from './keys.ts'
import { STATE, STATE_NAME } from './labels.ts'

/** `version` counts from 1: the one that the relay holds it under. */
export type StatePlace = { readonly label: string; readonly version: number }

export const stateName = (boxKey: BoxKey, label: string): string =>
  b64u(hmac256(hkdf(boxKey.raw, STATE_NAME), utf8(label)))

export const sealState = (boxKey: BoxKey, place: StatePlace, bytes: Uint8Array): Uint8Array =>
  sealUnder(hkdf(boxKey.raw, STATE), bytes, additional(boxKey, place))

/** Raises CannotOpen: changed, of another name, or of another version. */
export const openState = (boxKey: BoxKey, place: StatePlace, sealed: Uint8Array): Uint8Array =>
  unseal(hkdf(boxKey.raw, STATE), sealed, additional(boxKey, place), 'state')

const additional = (boxKey: BoxKey, { label, version }: StatePlace): Uint8Array =>
  labelled(STATE, utf8(stateName(boxKey, label)), u64be(version))
