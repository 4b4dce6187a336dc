/** Signed notes and the keys that sign them (C2SP signed-note, tlog-cosignature). What a note says is not known here. */
import { equal, join, u64be, utf8 } from '../bytes.ts'
import { CryptoError, under } from '../errors.ts'
import { sha256 } from '../hashing.ts'
import { loadSigning, verify } from '../keys.ts'
import { COSIGNATURE, NOTE_LIMIT, NOTE_LINES, SUBTREE } from '../labels.ts'
import { base64, unbase64 } from './base64.ts'
import { verifyMlDsa44 } from './mldsa.ts'

/** 1: Ed25519 over the text. 4: Ed25519 with a time. 6: ML-DSA-44 with a time. */
export type KeyKind = 1 | 4 | 6
/** `id` (4 bytes) and `name` together say which line is by this key. */
export type NoteKey = {
  readonly name: string
  readonly kind: KeyKind
  readonly public: Uint8Array
  readonly id: Uint8Array
}
/** `signature` is without the key's id. */
export type NoteLine = { readonly name: string; readonly keyId: Uint8Array; readonly signature: Uint8Array }
/** `text` ends with its last newline. */
export type Note = { readonly text: string; readonly lines: readonly NoteLine[] }
/** What the text of a checkpoint says; an ML-DSA signature is over this and not over the text. */
export type SignedTree = { readonly origin: string; readonly size: number; readonly root: Uint8Array; readonly text: string }

const ITEM = 'transparency/5'
const NAME_LIMIT = 255 // bytes: what a signed subtree message has room for
const SIZES: Readonly<Record<KeyKind, number>> = { 1: 32, 4: 32, 6: 1312 }
const LINE = /^— ([^\p{White_Space}+]+) ([A-Za-z0-9+/]+={0,2})$/u
const NAME = /^[^\p{White_Space}+]+$/u
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const keyId = (name: string, kind: KeyKind, key: Uint8Array): Uint8Array =>
  sha256(join(utf8(`${name}\n`), Uint8Array.of(kind), key)).slice(0, 4)

/** Raises BadPolicy for a key that no note of ours is signed with. */
export function noteKey(name: string, kind: number, key: Uint8Array): NoteKey {
  if (kind !== 1 && kind !== 4 && kind !== 6) throw badKey()
  if (!NAME.test(name) || CONTROL.test(name) || utf8(name).length > NAME_LIMIT || key.length !== SIZES[kind]) throw badKey()
  if (kind !== 6) under('BadPolicy', 'transparency/12', () => loadSigning(key))
  return { name, kind, public: key, id: keyId(name, kind, key) }
}

/** A verifier key as text, `name+id+key`. Raises BadPolicy. */
export function parseVkey(vkey: string): NoteKey {
  const [, name = '', id = '', encoded = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? []
  const raw = under('BadPolicy', 'transparency/12', () => unbase64(encoded))
  const key = noteKey(name, raw[0] ?? 0, raw.slice(1))
  if (hex(key.id) !== id) throw badKey()
  return key
}

export const vkeyOf = ({ name, kind, public: key, id }: NoteKey): string =>
  `${name}+${hex(id)}+${base64(join(Uint8Array.of(kind), key))}`

/** Raises BadCheckpoint. */
export function parseNote(raw: Uint8Array): Note {
  if (raw.length > NOTE_LIMIT) throw badNote()
  const whole = under('BadCheckpoint', ITEM, () => decoder.decode(raw))
  const end = whole.lastIndexOf('\n\n')
  if (CONTROL.test(whole) || end < 1 || !whole.endsWith('\n')) throw badNote()
  const lines = whole.slice(end + 2, -1).split('\n')
  if (lines.length > NOTE_LINES) throw badNote()
  return { text: whole.slice(0, end + 1), lines: lines.map(parseLine) }
}

function parseLine(line: string): NoteLine {
  const [, name = '', encoded = ''] = LINE.exec(line) ?? []
  const raw = under('BadCheckpoint', ITEM, () => unbase64(encoded))
  if (raw.length < 5) throw badNote()
  return { name, keyId: raw.slice(0, 4), signature: raw.slice(4) }
}

export const isBy = ({ name, keyId }: NoteLine, key: NoteKey): boolean => name === key.name && equal(keyId, key.id)

/**
 * When the line was signed, in seconds; null for a kind that says no time. The line must be by `key`.
 *
 * Raises BadCheckpoint: the signature does not fit, or its time is 0.
 */
export function verifyLine({ signature }: NoteLine, key: NoteKey, tree: SignedTree): number | null {
  if (key.kind === 1) {
    if (!verify(signature, utf8(tree.text), signer(key))) throw badSignature()
    return null
  }
  if (signature.length < 8) throw badSignature()
  const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0)
  if (time >= 1n << 63n || !isSigned(signature.slice(8), key, tree, time)) throw badSignature()
  if (time === 0n) throw new CryptoError('BadCheckpoint', 'transparency/8')
  return Number(time)
}

const isSigned = (signature: Uint8Array, key: NoteKey, tree: SignedTree, time: bigint): boolean =>
  key.kind === 6
    ? verifyMlDsa44(signature, subtreeMessage(key.name, tree, time), key.public)
    : verify(signature, cosignedMessage(tree, time), signer(key))

/** What a cosignature of type 04 is over. */
export const cosignedMessage = ({ text }: SignedTree, time: bigint): Uint8Array => utf8(`${COSIGNATURE}\ntime ${time}\n${text}`)

/** What a cosignature of type 06 is over: the tree from its first leaf on. */
export const subtreeMessage = (name: string, { origin, size, root }: SignedTree, time: bigint): Uint8Array =>
  join(utf8(`${SUBTREE}\n\0`), counted(name), u64be(time), counted(origin), u64be(0), u64be(size), root)

/** With its length before it in one byte: names are as long as that allows. */
const counted = (name: string): Uint8Array => join(Uint8Array.of(utf8(name).length), utf8(name))

const signer = ({ public: raw }: NoteKey): { readonly kind: 'SigningPublic'; readonly raw: Uint8Array } => ({ kind: 'SigningPublic', raw })
const hex = (bytes: Uint8Array): string => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
const badNote = (): CryptoError => new CryptoError('BadCheckpoint', ITEM)
const badSignature = (): CryptoError => new CryptoError('BadCheckpoint', 'transparency/7')
const badKey = (): CryptoError => new CryptoError('BadPolicy', 'transparency/12')
