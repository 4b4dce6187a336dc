/** Slots: the box key, wrapped under each thing that its owner can open it with (docs/spec/keybox.md). */
import { NONCE_SIZE, OVERHEAD, sealUnder, unseal } from './aead.ts'
import { labelled, utf8 } from './bytes.ts'
import type { Code } from './code.ts'
import { b64u, canonical, type Json, type JsonObject, unb64u } from './encoding.ts'
import { cannotOpen } from './errors.ts'
import { hkdf } from './hashing.ts'
import { BoxKey } from './keys.ts'
import { DEVICE_WRAP, LETTER_WRAP, PASSWORD_WRAP, RECOVERY_WRAP, SLOT } from './labels.ts'
import { kdfFromJson, type Master } from './password.ts'
import { randomId } from './randomness.ts'
import { integer, isObject, members, text } from './shape.ts'

/** What opens a slot; its `type` is the slot's. A device key is 32 random bytes. */
export type SlotKey =
  | { readonly type: 'password'; readonly master: Master }
  | { readonly type: 'letter' | 'recovery'; readonly code: Code }
  | { readonly type: 'device'; readonly key: Uint8Array }
export type SlotType = SlotKey['type']

/** As the relay holds it. `since` is the box version at which it was made; `wrapped` 72 bytes. */
export type Slot = {
  readonly id: string
  readonly kdf: JsonObject
  readonly since: number
  readonly type: SlotType
  readonly wrapped: Uint8Array
}

export const slotToJson = (slot: Slot): Json => ({ ...slot, wrapped: b64u(slot.wrapped) })

/** Raises NotCanonical or CannotOpen for another shape, WeakKdf for password parameters outside the limits. */
export function slotFromJson(raw: Json): Slot {
  const found = members(raw, ['id', 'kdf', 'since', 'type', 'wrapped'])
  const [id, since] = [text(found.id), integer(found.since)]
  unb64u(id, 16)
  if (since < 1) throw cannotOpen('keybox/1')
  const type = slotType(text(found.type))
  const kdf = slotKdf(type, found.kdf)
  return { id, kdf, since, type, wrapped: unb64u(text(found.wrapped), NONCE_SIZE + 32 + OVERHEAD) }
}

/** A new slot for `boxKey`. */
export function wrap(boxKey: BoxKey, key: SlotKey, account: string, since: number): Slot {
  const bare = { id: randomId(), kdf: kdfOf(key), since, type: key.type }
  return { ...bare, wrapped: sealUnder(wrapKey(key, account), boxKey.raw, additional(bare, account)) }
}

/** Raises CannotOpen. */
export const unwrap = (slot: Slot, key: SlotKey, account: string): BoxKey =>
  new BoxKey(unseal(wrapKey(key, account), slot.wrapped, additional(slot, account), 'keybox/2'))

const additional = ({ id, kdf, since, type }: Omit<Slot, 'wrapped'>, account: string): Uint8Array =>
  labelled(SLOT, canonical([account, type, id, since, kdf]))

export function wrapKey(key: SlotKey, account: string): Uint8Array {
  switch (key.type) {
    case 'password':
      return hkdf(key.master.raw, labelled(PASSWORD_WRAP, utf8(account)))
    case 'letter':
      return hkdf(key.code.raw, LETTER_WRAP, utf8(account))
    case 'recovery':
      return hkdf(key.code.raw, RECOVERY_WRAP, utf8(account))
    case 'device':
      return hkdf(key.key, DEVICE_WRAP, utf8(account))
  }
}

function kdfOf(key: SlotKey): JsonObject {
  if (key.type === 'password') return key.master.kdf
  return { name: key.type === 'device' ? 'key' : 'code' }
}

function slotType(type: string): SlotType {
  if (type === 'password' || type === 'letter' || type === 'recovery' || type === 'device') return type
  throw cannotOpen('keybox/1')
}

function slotKdf(type: SlotType, kdf: Json): JsonObject {
  if (type === 'password') return kdfFromJson(kdf)
  const { name } = members(kdf, ['name'])
  if (!isObject(kdf) || name !== (type === 'device' ? 'key' : 'code')) throw cannotOpen('keybox/1')
  return kdf
}
