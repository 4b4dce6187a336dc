/**
 * Whom a client trusts for the log: its keys, its witnesses, and how many of them (C2SP tlog-policy, read strictly).
 *
 * Laws: a signature by a key that the policy names counts only when it verifies, and refuses the note when it does not;
 * all of the log's own keys must have signed; each witness counts once.
 */
import { equal } from '../bytes.ts'
import { b64u } from '../encoding.ts'
import { CryptoError, under } from '../errors.ts'
import { sha256 } from '../hashing.ts'
import { CHECKPOINT_AGE, CHECKPOINT_AHEAD, POLICY_LIMIT, POLICY_MEMBERS } from '../labels.ts'
import { checkpointText, parseCheckpointText } from './checkpoint.ts'
import { isBy, type NoteKey, type NoteLine, parseNote, parseVkey, type SignedTree, verifyLine } from './note.ts'

export type Witness = { readonly name: string; readonly key: NoteKey }
type Group = { readonly least: number; readonly members: readonly string[] }

/** `quorum` is the name of a witness or group, or `none`; `hash` is SHA-256 of the text. */
export type Policy = {
  readonly hash: Uint8Array
  readonly origin: string
  readonly logKeys: readonly NoteKey[]
  readonly witnesses: readonly Witness[]
  readonly groups: ReadonlyMap<string, Group>
  readonly quorum: string
}

type Draft = {
  readonly logKeys: NoteKey[]
  readonly witnesses: Witness[]
  readonly groups: Map<string, Group>
  readonly grouped: Set<string>
  quorum: string | undefined
}

const NONE = 'none'
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const bad = (): CryptoError => new CryptoError('BadPolicy', 'transparency/12')

/** Raises BadPolicy. */
export function parsePolicy(text: Uint8Array): Policy {
  if (text.length > POLICY_LIMIT) throw bad()
  const whole = under('BadPolicy', 'transparency/12', () => decoder.decode(text))
  if (CONTROL.test(whole)) throw bad()
  const draft: Draft = { logKeys: [], witnesses: [], groups: new Map(), grouped: new Set(), quorum: undefined }
  for (const line of whole.split('\n')) {
    const words = line.split(/[ \t]+/).filter(word => word !== '')
    if (words.length > 0 && !words[0]?.startsWith('#')) take(words, draft)
  }
  return finished(draft, sha256(text))
}

function take([keyword = '', ...rest]: readonly string[], draft: Draft): void {
  if (keyword === 'log') takeLog(rest, draft)
  else if (keyword === 'witness') takeWitness(rest, draft)
  else if (keyword === 'group') takeGroup(rest, draft)
  else if (keyword === 'quorum') takeQuorum(rest, draft)
  else throw bad()
}

function takeLog(words: readonly string[], draft: Draft): void {
  const [vkey = ''] = words
  if (words.length < 1 || words.length > 2) throw bad()
  draft.logKeys.push(fresh(parseVkey(vkey), draft))
}

function takeWitness(words: readonly string[], draft: Draft): void {
  const [name = '', vkey = ''] = words
  if (words.length < 2 || words.length > 3 || isTaken(name, draft)) throw bad()
  const key = fresh(parseVkey(vkey), draft)
  if (key.kind === 1) throw bad() // says no time
  draft.witnesses.push({ name, key })
  if (draft.witnesses.length > POLICY_MEMBERS) throw bad()
}

function takeGroup([name = '', least = '', ...members]: readonly string[], draft: Draft): void {
  if (name === '' || isTaken(name, draft) || members.length === 0) throw bad()
  for (const member of members) {
    // A name stands in one group only, so that no witness counts twice.
    if (member === NONE || !isTaken(member, draft) || draft.grouped.has(member)) throw bad()
    draft.grouped.add(member)
  }
  draft.groups.set(name, { least: threshold(least, members.length), members })
  if (draft.groups.size > POLICY_MEMBERS) throw bad()
}

function threshold(word: string, members: number): number {
  if (word === 'any') return 1
  if (word === 'all') return members
  const least = /^[1-9][0-9]{0,4}$/.test(word) ? Number(word) : 0
  if (least < 1 || least > members) throw bad()
  return least
}

function takeQuorum(words: readonly string[], draft: Draft): void {
  const [name = ''] = words
  if (words.length !== 1 || draft.quorum !== undefined || !isTaken(name, draft)) throw bad()
  draft.quorum = name
}

const isTaken = (name: string, { witnesses, groups }: Draft): boolean =>
  name === NONE || groups.has(name) || witnesses.some(one => one.name === name)

/** Two lines with one public key are the same signer twice, whatever they are called. */
function fresh(key: NoteKey, { logKeys, witnesses }: Draft): NoteKey {
  if ([...logKeys, ...witnesses.map(one => one.key)].some(one => equal(one.public, key.public))) throw bad()
  return key
}

function finished({ logKeys, witnesses, groups, quorum }: Draft, hash: Uint8Array): Policy {
  const [first] = logKeys
  const kinds = logKeys.map(({ kind }) => kind).sort()
  if (first === undefined || quorum === undefined || kinds.join() !== '1,6') throw bad()
  if (logKeys.some(({ name }) => name !== first.name)) throw bad()
  return { hash, origin: first.name, logKeys, witnesses, groups, quorum }
}

/** `signature` is the log's own Ed25519 signature of the text: 64 bytes. */
export type Checkpoint = SignedTree & { readonly signature: Uint8Array }

/** The tree that the note is of. Raises BadCheckpoint: item 9 when it was good once, 5 to 8 otherwise. */
export function verifyCheckpoint(raw: Uint8Array, policy: Policy, now: Date): Checkpoint {
  const note = parseNote(raw)
  const tree = parseCheckpointText(note.text, policy.origin)
  const times = timesOf(note.lines, policy, tree)
  if (!policy.logKeys.every(key => times.has(key))) throw new CryptoError('BadCheckpoint', 'transparency/7')
  if (!hasQuorum(policy, key => times.has(key))) throw new CryptoError('BadCheckpoint', 'transparency/8')
  const isFresh = (key: NoteKey): boolean => (times.get(key) ?? []).some(time => isInTime(time, now))
  if (!policy.logKeys.every(key => key.kind === 1 || isFresh(key)) || !hasQuorum(policy, isFresh))
    throw new CryptoError('BadCheckpoint', 'transparency/9')
  return { ...tree, signature: signatureIn(note.lines, policy) }
}

/** Raises BadCheckpoint unless the log's Ed25519 key signed this tree: what a letter brings of a checkpoint. */
export function verifySignedTree(policy: Policy, size: number, root: Uint8Array, signature: Uint8Array): void {
  const { origin } = policy
  const key = ownKey(policy)
  verifyLine({ name: key.name, keyId: key.id, signature }, key, { origin, size, root, text: checkpointText(origin, size, root) })
}

/** Of a note whose lines were verified. */
function signatureIn(lines: readonly NoteLine[], policy: Policy): Uint8Array {
  const line = lines.find(one => isBy(one, ownKey(policy)))
  if (line === undefined) throw new CryptoError('BadCheckpoint', 'transparency/7')
  return line.signature
}

/** The log's Ed25519 key: a policy has exactly one. */
function ownKey({ logKeys }: Policy): NoteKey {
  const key = logKeys.find(({ kind }) => kind === 1)
  if (key === undefined) throw bad()
  return key
}

/** Of each known key that signed: when, as often as it did; null for a signature that says no time. */
function timesOf(lines: readonly NoteLine[], policy: Policy, tree: SignedTree): ReadonlyMap<NoteKey, readonly (number | null)[]> {
  const known = [...policy.logKeys, ...policy.witnesses.map(({ key }) => key)]
  const times = new Map<NoteKey, (number | null)[]>()
  for (const line of new Map(lines.map(one => [`${one.name} ${b64u(one.keyId)} ${b64u(one.signature)}`, one])).values()) {
    // Each line once: a note that repeats a good one would cost a verification each time.
    const key = known.find(one => isBy(line, one))
    if (key !== undefined) times.set(key, [...(times.get(key) ?? []), verifyLine(line, key, tree)])
  }
  return times
}

function hasQuorum({ witnesses, groups, quorum }: Policy, signed: (key: NoteKey) => boolean): boolean {
  const has = (name: string): boolean => {
    const group = groups.get(name)
    if (group !== undefined) return group.members.filter(has).length >= group.least
    const witness = witnesses.find(one => one.name === name)
    return witness !== undefined && signed(witness.key)
  }
  return quorum === NONE || has(quorum)
}

function isInTime(seconds: number | null, now: Date): boolean {
  const age = seconds === null ? Number.NaN : now.getTime() / 1000 - seconds
  return age <= CHECKPOINT_AGE && age >= -CHECKPOINT_AHEAD
}
