/**
 * The key box: sealed content and slots, in versions that only grow (docs/spec/keybox.md). Storing is the caller's.
 *
 * At activation: openBox with the letter's code, then renew under a new box key, so that the code opens nothing later.
 */
import { sealUnder, unseal } from './aead.ts'
import { labelled, u64be, utf8 } from './bytes.ts'
import { type BoxContent, contentFromJson, contentToJson } from './content.ts'
import { b64u, canonical, parseCanonical, unb64u } from './encoding.ts'
import { cannotOpen, CryptoError } from './errors.ts'
import { hkdf } from './hashing.ts'
import { BoxKey } from './keys.ts'
import { CONTENT } from './labels.ts'
import { SYSTEM } from './randomness.ts'
import { array, integer, members, text } from './shape.ts'
import { type Slot, slotFromJson, type SlotKey, slotToJson, unwrap, wrap } from './slot.ts'

const FORMAT = 1

/** A box whose content and slots agree. The client remembers the highest `version` that it saw. */
export type OpenedBox = {
  readonly account: string
  readonly content: BoxContent
  readonly boxKey: BoxKey
  readonly version: number
  readonly slots: readonly Slot[]
}
export type MadeBox = { readonly box: Uint8Array; readonly boxKey: BoxKey }
type Sealed = { readonly content: Uint8Array; readonly slots: readonly Slot[]; readonly version: number }

/** A box with a fresh box key and a slot for each of `keys`. Raises RangeError without one. */
export function newBox(account: string, content: BoxContent, keys: readonly SlotKey[], version = 1): MadeBox {
  const boxKey = new BoxKey(SYSTEM(32))
  const slots = keys.map(key => wrap(boxKey, key, account, version))
  return { box: assemble(account, content, boxKey, slots, version), boxKey }
}

/** The next version under a fresh box key, with these slots only: activation, and after a suspicion. */
export const renew = (opened: OpenedBox, content: BoxContent, keys: readonly SlotKey[]): MadeBox =>
  newBox(opened.account, content, keys, opened.version + 1)

/** The next version under the same box key: other slots stay. `drop` holds slot ids. Raises RangeError. */
export function replace(
  opened: OpenedBox,
  content: BoxContent,
  { add = [], drop = [] }: { readonly add?: readonly SlotKey[]; readonly drop?: readonly string[] },
): MadeBox {
  const { account, boxKey } = opened
  const kept = opened.slots.filter(slot => !drop.includes(slot.id))
  if (opened.slots.length - kept.length !== new Set(drop).size) throw new RangeError('no such slot to drop')
  const version = opened.version + 1
  const made = add.map(key => wrap(boxKey, key, account, version))
  return { box: assemble(account, content, boxKey, [...kept, ...made], version), boxKey }
}

/**
 * Open with anything that fits a slot, or with the box key itself.
 *
 * Raises OlderBox below `minimumVersion` (the highest that this client saw), WeakKdf before any work is done,
 * CannotOpen for everything else.
 */
export function openBox(box: Uint8Array, account: string, key: SlotKey | BoxKey, minimumVersion = 1): OpenedBox {
  return openSealedBox(() => open(parse(box), account, key, minimumVersion))
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

function open(sealed: Sealed, account: string, key: SlotKey | BoxKey, minimumVersion: number): OpenedBox {
  const { slots, version } = sealed
  if (version < minimumVersion) throw new CryptoError('OlderBox', 'keybox/6')
  const boxKey = key instanceof BoxKey ? key : unwrapAny(slots, key, account)
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
  return { content: unb64u(text(found.content)), slots, version }
}

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

function assemble(
  account: string,
  content: BoxContent,
  boxKey: BoxKey,
  slots: readonly Slot[],
  version: number,
): Uint8Array {
  if (slots.length === 0) throw new RangeError('a box without a slot could never be opened')
  const ordered = slots.toSorted((left, right) => (left.id < right.id ? -1 : 1))
  const ids = ordered.map(({ id }) => id)
  const inner = canonical(contentToJson(content, ids))
  const sealed = sealUnder(contentKey(boxKey), inner, additional(account, version))
  inner.fill(0)
  return canonical({ content: b64u(sealed), slots: ordered.map(slotToJson), v: FORMAT, version })
}

const contentKey = (boxKey: BoxKey): Uint8Array => hkdf(boxKey.raw, CONTENT)

const additional = (account: string, version: number): Uint8Array => labelled(CONTENT, utf8(account), u64be(version))
