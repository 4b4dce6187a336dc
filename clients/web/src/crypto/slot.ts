/** Slots: the box key, wrapped under each thing that its owner, or a delegate, can open it with (docs/spec/keybox.md). */
import { NONCE_SIZE, OVERHEAD, sealUnder, unseal } from './aead.ts'
import { labelled } from './bytes.ts'
import { b64u, canonical, type Json, type JsonObject, unb64u } from './encoding.ts'
import { cannotOpen } from './errors.ts'
import { BoxKey } from './keys.ts'
import { CREDENTIAL_LIMIT, SLOT } from './labels.ts'
import { kdfFromJson } from './password.ts'
import { randomId } from './randomness.ts'
import { integer, isAccount, isKeyId, isObject, members, text } from './shape.ts'
import { type SlotKey, slotKdf, wrapKey } from './slotkey.ts'

export type SlotType = SlotKey['type'] | 'delegate'

/** As the relay holds it. `since` is the box version at which it was made; `wrapped` 72 bytes, or a delegate's envelope. */
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
  const length = type === 'delegate' ? undefined : NONCE_SIZE + 32 + OVERHEAD
  return { id, kdf: kdfOf(type, found.kdf), since, type, wrapped: unb64u(text(found.wrapped), length) }
}

/** A new slot for `boxKey`. */
export function wrap(boxKey: BoxKey, key: SlotKey, account: string, since: number): Slot {
  const bare = { id: randomId(), kdf: slotKdf(key), since, type: key.type }
  return { ...bare, wrapped: sealUnder(wrapKey(key, account), boxKey.raw, additional(bare, account)) }
}

/** Raises CannotOpen. */
export const unwrap = (slot: Slot, key: SlotKey, account: string): BoxKey =>
  new BoxKey(unseal(wrapKey(key, account), slot.wrapped, additional(slot, account), 'keybox/2'))

/** The account that may open it, of a delegate's slot; else null. */
export const delegateOf = ({ kdf, type }: Slot): string | null => (type === 'delegate' ? text(kdf['account'] ?? null) : null)

/** The id (b64u) of the passkey that opens it, of a passkey's slot; else null. */
export const credentialOf = ({ kdf, type }: Slot): string | null => (type === 'passkey' ? text(kdf['credential'] ?? null) : null)

/** What the wrapping binds besides the box key. */
export const bound = ({ id, kdf, since, type }: Omit<Slot, 'wrapped'>, account: string): Json => [account, type, id, since, kdf]

const additional = (slot: Omit<Slot, 'wrapped'>, account: string): Uint8Array => labelled(SLOT, canonical(bound(slot, account)))

const TYPES: readonly string[] = ['password', 'letter', 'recovery', 'device', 'passkey', 'delegate'] satisfies SlotType[]

function slotType(type: string): SlotType {
  if (!TYPES.includes(type)) throw cannotOpen('keybox/1')
  return type as SlotType
}

function kdfOf(type: SlotType, kdf: Json): JsonObject {
  if (type === 'password') return kdfFromJson(kdf)
  if (!isObject(kdf) || !isOfType(type, kdf)) throw cannotOpen('keybox/1')
  return kdf
}

function isOfType(type: Exclude<SlotType, 'password'>, kdf: JsonObject): boolean {
  switch (type) {
    case 'letter':
      return isNamed(kdf, 'code') || isNamed(kdf, 'codes')
    case 'recovery':
      return isNamed(kdf, 'code')
    case 'device':
      return isNamed(kdf, 'key')
    case 'passkey':
      return isPasskey(kdf)
    case 'delegate':
      return isDelegate(kdf)
  }
}

const isNamed = (kdf: JsonObject, name: string): boolean => members(kdf, ['name']).name === name

function isPasskey(kdf: JsonObject): boolean {
  const { credential, name } = members(kdf, ['credential', 'name'])
  const { length } = unb64u(text(credential))
  return name === 'prf' && length >= 1 && length <= CREDENTIAL_LIMIT
}

function isDelegate(kdf: JsonObject): boolean {
  const { account, key, name } = members(kdf, ['account', 'key', 'name'])
  return name === 'sealed' && isAccount(text(account)) && isKeyId(text(key))
}
