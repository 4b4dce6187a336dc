/** What is inside a key box: the seeds, old and new, and what the client remembers of others (docs/spec/keybox.md). */
import { b64u, type Json, type JsonObject, unb64u } from './encoding.ts'
import { cannotOpen } from './errors.ts'
import { keyId } from './hashing.ts'
import { type KeyPairs, publicKeys, SealingSeed, SigningSeed } from './keys.ts'
import { array, isAccount, isObject, members, moment, text, utc } from './shape.ts'

/** Keys that were in use from `since` until `until` (RFC 3339): they still open the archive. */
export type PreviousKeys = { readonly keys: KeyPairs; readonly since: string; readonly until: string }

/** `created` is when `keys` were made; `pins` maps accounts to the statements (hash, b64u) seen last. */
export type BoxContent = {
  readonly keys: KeyPairs
  readonly created: string
  readonly previous: readonly PreviousKeys[]
  readonly pins: Readonly<Record<string, string>>
  readonly lastCheckpoint: JsonObject | null
}

/** The content of a new account. */
export const firstContent = (keys: KeyPairs, now: Date): BoxContent => ({
  keys,
  created: utc(now),
  previous: [],
  pins: {},
  lastCheckpoint: null,
})

/** The same with new keys; the present ones join `previous`. */
export const rotated = (content: BoxContent, keys: KeyPairs, now: Date): BoxContent => ({
  ...content,
  keys,
  created: utc(now),
  previous: [...content.previous, { keys: content.keys, since: content.created, until: utc(now) }],
})

/** Every seed that may open a letter, the present one first. */
export const sealingSeeds = (content: BoxContent): readonly SealingSeed[] => [
  content.keys.sealing,
  ...content.previous.map(old => old.keys.sealing).reverse(),
]

export const wipeContent = (content: BoxContent): void => {
  for (const { signing, sealing } of [content.keys, ...content.previous.map(old => old.keys)]) {
    signing.wipe()
    sealing.wipe()
  }
}

/** `slots` are the ids of every slot of the box, sorted. */
export const contentToJson = (content: BoxContent, slots: readonly string[]): Json => ({
  created: content.created,
  lastCheckpoint: content.lastCheckpoint,
  pins: content.pins,
  previous: content.previous.map(({ keys, since, until }) => ({
    from: since,
    id: keyId(publicKeys(keys)),
    ...seedsToJson(keys),
    to: until,
  })),
  ...seedsToJson(content.keys),
  slots,
})

/** The content, and the slot ids that it names. Raises NotCanonical, CannotOpen. */
export function contentFromJson(raw: Json): readonly [BoxContent, readonly string[]] {
  const found = members(raw, ['created', 'lastCheckpoint', 'pins', 'previous', 'signing', 'slots', 'xwing'])
  const content = {
    keys: keysFrom(found),
    created: moment(found.created),
    previous: array(found.previous).map(previousFrom),
    pins: pinsFrom(found.pins),
    lastCheckpoint: found.lastCheckpoint === null ? null : objectFrom(found.lastCheckpoint),
  }
  return [content, array(found.slots).map(text)]
}

function previousFrom(raw: Json): PreviousKeys {
  const found = members(raw, ['from', 'id', 'signing', 'to', 'xwing'])
  const keys = keysFrom(found)
  if (keyId(publicKeys(keys)) !== found.id) throw cannotOpen('keybox/1')
  return { keys, since: moment(found.from), until: moment(found.to) }
}

const seedsToJson = (keys: KeyPairs): JsonObject => ({ signing: b64u(keys.signing.raw), xwing: b64u(keys.sealing.raw) })

const keysFrom = (found: { readonly signing: Json; readonly xwing: Json }): KeyPairs => ({
  signing: new SigningSeed(unb64u(text(found.signing), 32)),
  sealing: new SealingSeed(unb64u(text(found.xwing), 32)),
})

function pinsFrom(raw: Json): Readonly<Record<string, string>> {
  const pins = Object.entries(objectFrom(raw)).map(([account, key]) => [account, text(key)] as const)
  if (!pins.every(([account]) => isAccount(account))) throw cannotOpen('keybox/1')
  return Object.fromEntries(pins)
}

function objectFrom(raw: Json): JsonObject {
  if (!isObject(raw)) throw cannotOpen('keybox/1')
  return raw
}
