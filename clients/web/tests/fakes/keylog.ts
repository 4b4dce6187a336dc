/** A key log in memory, its two keys and its witnesses: honest unless the test asks it for something else. */
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js'
import { join, u64be, utf8 } from '../../src/crypto/bytes.ts'
import { b64u, unb64u } from '../../src/crypto/encoding.ts'
import { sha256 } from '../../src/crypto/hashing.ts'
import { SigningSeed, sign, signingPublic } from '../../src/crypto/keys.ts'
import type { LogSeen } from '../../src/content/letter.ts'
import type { LogHead } from '../../src/crypto/operations.ts'
import { base64 } from '../../src/crypto/transparency/base64.ts'
import { checkpointText } from '../../src/crypto/transparency/checkpoint.ts'
import { cosignedMessage, noteKey, type NoteKey, type SignedTree, subtreeMessage, vkeyOf } from '../../src/crypto/transparency/note.ts'
import { emptyRoot, leafHash, nodeHash } from '../../src/crypto/transparency/tree.ts'

export const ORIGIN = 'pli.example/log'

/** A signer of notes; `sign` gives a whole signature line. */
export type NoteSigner = { readonly key: NoteKey; readonly line: (tree: SignedTree, at: Date) => string }

const seedOf = (name: string): Uint8Array => sha256(utf8(`seed of ${name}`))
const seconds = (at: Date): number => Math.floor(at.getTime() / 1000)
const lineOf = ({ name, id }: NoteKey, signature: Uint8Array): string => `— ${name} ${base64(join(id, signature))}\n`

export function ed25519(name: string, kind: 1 | 4, secret = name): NoteSigner {
  const seed = new SigningSeed(seedOf(secret))
  const key = noteKey(name, kind, signingPublic(seed).raw)
  const line = (tree: SignedTree, at: Date): string => {
    const time = BigInt(seconds(at))
    if (kind === 1) return lineOf(key, sign(utf8(tree.text), seed))
    return lineOf(key, join(u64be(time), sign(cosignedMessage(tree, time), seed)))
  }
  return { key, line }
}

export function mlDsa(name: string, secret = name): NoteSigner {
  const { publicKey, secretKey } = ml_dsa44.keygen(seedOf(`ml-dsa ${secret}`))
  const key = noteKey(name, 6, publicKey)
  const line = (tree: SignedTree, at: Date): string => {
    const time = BigInt(seconds(at))
    return lineOf(key, join(u64be(time), ml_dsa44.sign(subtreeMessage(name, tree, time), secretKey)))
  }
  return { key, line }
}

/** Two log keys, two witnesses that must both sign: as an operator writes it. */
export function policyOf(logKeys: readonly NoteSigner[], witnesses: readonly NoteSigner[]): Uint8Array {
  const logs = logKeys.map(({ key }) => `log ${vkeyOf(key)} https://pli.example/log\n`)
  const named = witnesses.map(({ key }, at) => `witness W${at} ${vkeyOf(key)}\n`)
  const group = witnesses.length === 0 ? '' : `group all-of-them all ${witnesses.map((_, at) => `W${at}`).join(' ')}\n`
  return utf8(`# who watches\n${logs.join('')}${named.join('')}${group}quorum ${group === '' ? 'none' : 'all-of-them'}\n`)
}

export class FakeLog {
  readonly logKeys = [ed25519(ORIGIN, 1), mlDsa(ORIGIN)]
  witnesses: readonly NoteSigner[] = [ed25519('watch.example', 4), mlDsa('heed.example')]
  readonly leaves: Uint8Array[] = []

  get size(): number {
    return this.leaves.length
  }

  get policy(): Uint8Array {
    return policyOf(this.logKeys, this.witnesses)
  }

  append(entry: Uint8Array): number {
    return this.leaves.push(leafHash(entry)) - 1
  }

  /** The same log, from here on another one. */
  fork(): FakeLog {
    const other = new FakeLog()
    other.leaves.push(...this.leaves)
    other.witnesses = this.witnesses
    return other
  }

  head(size = this.size): LogHead {
    return { root: b64u(this.root(size)), size }
  }

  /** A tree as letters name it: whatever the log's own key is given to sign. */
  signed({ root, size }: LogHead = this.head()): LogSeen {
    const text = checkpointText(ORIGIN, size, unb64u(root))
    return { root, signature: b64u(sign(utf8(text), new SigningSeed(seedOf(ORIGIN)))), size }
  }

  root(size = this.size): Uint8Array {
    return rootOf(this.leaves.slice(0, size))
  }

  inclusion(index: number, size = this.size): readonly Uint8Array[] {
    return pathOf(index, this.leaves.slice(0, size))
  }

  consistency(old: number, size = this.size): readonly Uint8Array[] {
    return old === 0 || old === size ? [] : subproof(old, this.leaves.slice(0, size), true)
  }

  checkpoint(at: Date, size = this.size, signers: readonly NoteSigner[] = [...this.logKeys, ...this.witnesses]): string {
    const text = checkpointText(ORIGIN, size, this.root(size))
    const tree = { origin: ORIGIN, size, root: this.root(size), text }
    return `${text}\n${signers.map(({ line }) => line(tree, at)).join('')}`
  }
}

/** The largest power of two below `count`. */
const split = (count: number): number => 2 ** Math.ceil(Math.log2(count) - 1)

/** RFC 6962, 2.1. */
export function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves
  if (only === undefined) return emptyRoot()
  if (leaves.length === 1) return only
  const at = split(leaves.length)
  return nodeHash(rootOf(leaves.slice(0, at)), rootOf(leaves.slice(at)))
}

/** RFC 6962, 2.1.1. */
export function pathOf(index: number, leaves: readonly Uint8Array[]): readonly Uint8Array[] {
  if (leaves.length <= 1) return []
  const at = split(leaves.length)
  return index < at
    ? [...pathOf(index, leaves.slice(0, at)), rootOf(leaves.slice(at))]
    : [...pathOf(index - at, leaves.slice(at)), rootOf(leaves.slice(0, at))]
}

/** RFC 6962, 2.1.2. */
export function subproof(old: number, leaves: readonly Uint8Array[], whole: boolean): readonly Uint8Array[] {
  if (old === leaves.length) return whole ? [] : [rootOf(leaves)]
  const at = split(leaves.length)
  return old <= at
    ? [...subproof(old, leaves.slice(0, at), whole), rootOf(leaves.slice(at))]
    : [...subproof(old - at, leaves.slice(at), false), rootOf(leaves.slice(0, at))]
}
