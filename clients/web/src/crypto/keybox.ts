/**
 * The key box: sealed content and slots, in versions that only grow (docs/spec/keybox.md). Storing is the caller's.
 *
 * At activation: openBox with the letter's code, then renew under a new box key, so that the code opens nothing later.
 * A carer: a DelegateFor where a slot key could stand, and openAsDelegate with their own seeds.
 */
import { sealUnder, unseal } from './aead.ts'
import { equal, labelled, u64be, utf8 } from './bytes.ts'
import { type BoxContent, contentFromJson, contentToJson } from './content.ts'
import { type Delegated, type DelegateFor, openDelegate, wrapFor } from './delegate.ts'
import { b64u, canonical, parseCanonical, unb64u } from './encoding.ts'
import { cannotOpen, CryptoError } from './errors.ts'
import { hkdf } from './hashing.ts'
import { BoxKey, type SealingSeed, signingPublic, type SigningPublic, type SigningSeed } from './keys.ts'
import { CONTENT } from './labels.ts'
import { SYSTEM } from './randomness.ts'
import { array, integer, members, text } from './shape.ts'
import { type Slot, slotFromJson, slotToJson, type SlotType, unwrap, wrap } from './slot.ts'
import type { SlotKey } from './slotkey.ts'

const FORMAT = 1

/** A box whose content and slots agree. The client remembers the highest `version` that it saw. */
export type OpenedBox = {
  readonly account: string
  readonly content: BoxContent
  readonly boxKey: BoxKey
  readonly version: number
  readonly slots: readonly Slot[]
}
/** What a new slot is made for. */
export type NewSlot = SlotKey | DelegateFor
export type MadeBox = { readonly box: Uint8Array; readonly boxKey: BoxKey }
type Sealed = { readonly content: Uint8Array; readonly slots: readonly Slot[]; readonly version: number }

/**
 * A box with a fresh box key and a slot for each of `keys`.
 *
 * Raises RangeError without one, and for passkeys alone: a lost authenticator would be a lost archive.
 */
export function newBox(account: string, content: BoxContent, keys: readonly NewSlot[], version = 1): MadeBox {
  const boxKey = new BoxKey(SYSTEM(32))
  const slots = keys.map(key => made(boxKey, key, account, version, content.keys.signing))
  return { box: assemble(account, content, boxKey, slots, version), boxKey }
}

/** The next version under a fresh box key, with these slots only: activation, after a suspicion, without a delegate. */
export const renew = (opened: OpenedBox, content: BoxContent, keys: readonly NewSlot[]): MadeBox =>
  newBox(opened.account, content, keys, opened.version + 1)

/** The ids of the slots of these types: what {@link replace} is to drop. */
export const slotIds = ({ slots }: OpenedBox, ...types: readonly SlotType[]): readonly string[] =>
  slots.filter(({ type }) => types.includes(type)).map(({ id }) => id)

/**
 * The next version under the same box key: other slots stay. `drop` holds slot ids.
 *
 * With new keys in `content`, every delegate's slot is dropped and made anew: the old key signed it. Raises RangeError
 * when one is not, when a slot to drop does not exist, and as {@link newBox}.
 */
export function replace(
  opened: OpenedBox,
  content: BoxContent,
  { add = [], drop = [] }: { readonly add?: readonly NewSlot[]; readonly drop?: readonly string[] },
): MadeBox {
  const { account, boxKey } = opened
  const kept = opened.slots.filter(slot => !drop.includes(slot.id))
  if (opened.slots.length - kept.length !== new Set(drop).size) throw new RangeError('no such slot to drop')
  if (content.keys !== opened.content.keys && kept.some(({ type }) => type === 'delegate'))
    throw new RangeError('a delegate’s slot is made anew with new keys')
  const version = opened.version + 1
  const fresh = add.map(key => made(boxKey, key, account, version, content.keys.signing))
  return { box: assemble(account, content, boxKey, [...kept, ...fresh], version), boxKey }
}

const made = (boxKey: BoxKey, key: NewSlot, account: string, since: number, signer: SigningSeed): Slot =>
  key.type === 'delegate' ? wrapFor(boxKey, key, account, since, signer) : wrap(boxKey, key, account, since)

/**
 * Open with anything that fits a slot, or with the box key itself.
 *
 * Raises OlderBox below `minimumVersion` (the highest that this client saw), WeakKdf before any work is done,
 * CannotOpen for everything else.
 */
export function openBox(box: Uint8Array, account: string, key: SlotKey | BoxKey, minimumVersion = 1): OpenedBox {
  return openSealedBox(() => {
    const sealed = sealedFrom(box, minimumVersion)
    return open(sealed, account, key instanceof BoxKey ? key : unwrapAny(sealed.slots, key, account))
  })
}

/**
 * Open somebody else's box with one's own sealing seeds, the present one first.
 *
 * `signers` are signing keys of `account`'s proven line (docs/spec/transparency.md), the newest of which a caller gives; the
 * slot must be signed by the present one of the content, too: a key that was replaced makes no box. Raises as {@link openBox}.
 */
export function openAsDelegate(
  box: Uint8Array,
  account: string,
  seeds: readonly SealingSeed[],
  signers: readonly SigningPublic[],
  minimumVersion = 1,
): OpenedBox {
  return openSealedBox(() => {
    const sealed = sealedFrom(box, minimumVersion)
    const { boxKey, signer } = unwrapDelegate(sealed.slots, account, seeds, signers)
    const opened = open(sealed, account, boxKey)
    if (!equal(signer.raw, signingPublic(opened.content.keys.signing).raw)) throw cannotOpen('keybox/8')
    return opened
  })
}

/** The parameters that the box's password slot names. Raises CannotOpen without one, WeakKdf. */
export const passwordKdfOf = (box: Uint8Array): Slot['kdf'] =>
  openSealedBox(() => {
    const slot = parse(box).slots.find(({ type }) => type === 'password')
    if (slot === undefined) throw cannotOpen('keybox/2')
    return slot.kdf
  })

function openSealedBox<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof CryptoError && cause.kind !== 'NotCanonical') throw cause
    throw new CryptoError('CannotOpen', 'keybox/1', { cause })
  }
}

function sealedFrom(box: Uint8Array, minimumVersion: number): Sealed {
  const sealed = parse(box)
  if (sealed.version < minimumVersion) throw new CryptoError('OlderBox', 'keybox/6')
  return sealed
}

function open(sealed: Sealed, account: string, boxKey: BoxKey): OpenedBox {
  const { slots, version } = sealed
  const inner = unseal(contentKey(boxKey), sealed.content, additional(account, version), 'keybox/3')
  const [content, named] = contentFromJson(parseCanonical(inner))
  inner.fill(0)
  if (named.length !== slots.length || !slots.every(({ id }, place) => id === named[place]))
    throw cannotOpen('keybox/4')
  return { account, content, boxKey, version, slots }
}

function parse(box: Uint8Array): Sealed {
  const found = members(parseCanonical(box), ['content', 'slots', 'v', 'version'])
  const slots = array(found.slots).map(slotFromJson)
  const version = integer(found.version)
  const isSorted = slots.every(({ id }, place) => place === 0 || id > (slots[place - 1]?.id ?? ''))
  if (integer(found.v) !== FORMAT || version < 1 || !isSorted) throw cannotOpen('keybox/1')
  if (isPasskeysAlone(slots)) throw cannotOpen('keybox/9')
  return { content: unb64u(text(found.content)), slots, version }
}

const isPasskeysAlone = (slots: readonly Slot[]): boolean =>
  slots.length > 0 && slots.every(({ type }) => type === 'passkey')

function unwrapAny(slots: readonly Slot[], key: SlotKey, account: string): BoxKey {
  for (const slot of slots.filter(({ type }) => type === key.type)) {
    try {
      return unwrap(slot, key, account)
    } catch {
      // Another slot of the same type.
    }
  }
  throw cannotOpen('keybox/2')
}

function unwrapDelegate(
  slots: readonly Slot[],
  account: string,
  seeds: readonly SealingSeed[],
  signers: readonly SigningPublic[],
): Delegated {
  for (const slot of slots.filter(({ type }) => type === 'delegate')) {
    const delegated = openDelegate(slot, account, seeds, signers)
    if (delegated !== undefined) return delegated
  }
  throw cannotOpen('keybox/2')
}

function assemble(
  account: string,
  content: BoxContent,
  boxKey: BoxKey,
  slots: readonly Slot[],
  version: number,
): Uint8Array {
  if (slots.length === 0) throw new RangeError('a box without a slot could never be opened')
  if (isPasskeysAlone(slots)) throw new RangeError('a box that a passkey alone opens would be lost with it')
  const ordered = slots.toSorted((left, right) => (left.id < right.id ? -1 : 1))
  const ids = ordered.map(({ id }) => id)
  const inner = canonical(contentToJson(content, ids))
  const sealed = sealUnder(contentKey(boxKey), inner, additional(account, version))
  inner.fill(0)
  return canonical({ content: b64u(sealed), slots: ordered.map(slotToJson), v: FORMAT, version })
}

const contentKey = (boxKey: BoxKey): Uint8Array => hkdf(boxKey.raw, CONTENT)

const additional = (account: string, version: number): Uint8Array => labelled(CONTENT, utf8(account), u64be(version))
