/** What is inside a key box: the seeds, old and new, and what the client remembers of others (docs/spec/keybox.md). */
import { b64u, type Json, type JsonObject, unb64u } from './encoding.ts'
import { cannotOpen } from './errors.ts'
import { keyId } from './hashing.ts'
import { type KeyPairs, publicKeys, SealingSeed, SigningSeed } from './keys.ts'
import { KEYS_DUE } from './labels.ts'
import { array, integer, isAccount, isObject, members, moment, text, utc } from './shape.ts'

/** Keys that were in use from `since` until `until` (RFC 3339): they still open the archive. */
export type PreviousKeys = { readonly keys: KeyPairs; readonly since: string; readonly until: string }

/** The newest checkpoint of the key log that this account's clients verified; `policy` and `root` are 32 bytes each. */
export type LastCheckpoint = { readonly policy: Uint8Array; readonly root: Uint8Array; readonly size: number }

/** `created` is when `keys` were made; `pins` maps accounts to the statements (hash, b64u) seen last. */
export type BoxContent = {
  readonly keys: KeyPairs
  readonly created: string
  readonly previous: readonly PreviousKeys[]
  readonly pins: Readonly<Record<string, string>>
  readonly lastCheckpoint: LastCheckpoint | null
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

/** Whether the keys are in use for longer than a client lets them. */
export const isDue = ({ created }: BoxContent, now: Date): boolean =>
  now.getTime() - Date.parse(created) > KEYS_DUE * 86_400_000

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
  lastCheckpoint: content.lastCheckpoint === null ? null : checkpointToJson(content.lastCheckpoint),
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
    lastCheckpoint: found.lastCheckpoint === null ? null : checkpointFrom(found.lastCheckpoint),
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

const checkpointToJson = ({ policy, root, size }: LastCheckpoint): JsonObject => ({
  policy: b64u(policy),
  root: b64u(root),
  size,
})

function checkpointFrom(raw: Json): LastCheckpoint {
  const found = members(raw, ['policy', 'root', 'size'])
  const size = integer(found.size)
  if (size < 1) throw cannotOpen('keybox/1')
  return { policy: unb64u(text(found.policy), 32), root: unb64u(text(found.root), 32), size }
}

function pinsFrom(raw: Json): Readonly<Record<string, string>> {
  if (!isObject(raw)) throw cannotOpen('keybox/1')
  const pins = Object.entries(raw).map(([account, pin]) => [account, hashText(pin)] as const)
  if (!pins.every(([account]) => isAccount(account))) throw cannotOpen('keybox/1')
  return Object.fromEntries(pins)
}

function hashText(raw: Json): string {
  const spelled = text(raw)
  unb64u(spelled, 32)
  return spelled
}
