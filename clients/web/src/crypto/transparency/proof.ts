/**
 * Inclusion and consistency proofs, verified as RFC 9162, 2.1.3.2 and 2.1.4.2 say.
 *
 * Sizes go up to 2^53-1: arithmetic of numbers throughout, since JavaScript's shifts stop at 32 bits.
 */
import { equal } from '../bytes.ts'
import { CryptoError } from '../errors.ts'
import { emptyRoot, nodeHash } from './tree.ts'

export type Proof = readonly Uint8Array[]
/** The place of a node, and of the last node of its level: both go up the tree together. */
type Place = { readonly node: number; readonly last: number }

const PROOF_LIMIT = 63
const [INCLUSION, CONSISTENCY] = ['transparency/10', 'transparency/11'] as const

/** `leaf` is a leaf hash, `index` its place from 0. Raises BadProof unless the tree of `size` and `root` holds it there. */
export function verifyInclusion(leaf: Uint8Array, index: number, size: number, proof: Proof, root: Uint8Array): void {
  need(isCount(index) && isCount(size) && index < size && isProof(proof), INCLUSION)
  let [place, hash] = [{ node: index, last: size - 1 }, leaf]
  for (const sibling of proof) {
    need(place.last > 0, INCLUSION)
    const isRight = isRightOf(place)
    hash = isRight ? nodeHash(sibling, hash) : nodeHash(hash, sibling)
    place = parent(isRight ? lifted(place) : place)
  }
  need(place.last === 0 && equal(hash, root), INCLUSION)
}

/** Raises BadProof unless the tree of `newSize` begins with that of `oldSize`. */
export function verifyConsistency(
  oldSize: number,
  newSize: number,
  proof: Proof,
  oldRoot: Uint8Array,
  newRoot: Uint8Array,
): void {
  need(isCount(oldSize) && isCount(newSize) && oldSize <= newSize && isProof(proof), CONSISTENCY)
  if (oldSize === newSize || oldSize === 0) {
    need(proof.length === 0, CONSISTENCY)
    need(oldSize > 0 || equal(oldRoot, emptyRoot()), CONSISTENCY)
    need(oldSize < newSize || equal(oldRoot, newRoot), CONSISTENCY)
    return
  }
  need(proof.length > 0, CONSISTENCY)
  const [first = oldRoot, ...rest] = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : proof
  verifyGrowth({ node: oldSize - 1, last: newSize - 1 }, first, rest, oldRoot, newRoot)
}

function verifyGrowth(from: Place, first: Uint8Array, rest: Proof, oldRoot: Uint8Array, newRoot: Uint8Array): void {
  let place = from
  while (isOdd(place.node)) place = parent(place)
  let [before, after] = [first, first]
  for (const sibling of rest) {
    need(place.last > 0, CONSISTENCY)
    const isRight = isRightOf(place)
    if (isRight) before = nodeHash(sibling, before)
    after = isRight ? nodeHash(sibling, after) : nodeHash(after, sibling)
    place = parent(isRight ? lifted(place) : place)
  }
  need(place.last === 0 && equal(before, oldRoot) && equal(after, newRoot), CONSISTENCY)
}

const isOdd = (number: number): boolean => number % 2 === 1
const half = (number: number): number => Math.floor(number / 2)
const parent = ({ node, last }: Place): Place => ({ node: half(node), last: half(last) })
const isRightOf = ({ node, last }: Place): boolean => isOdd(node) || node === last

/** Up to where a node has a left sibling: the last one of a level may stand alone in it. */
function lifted(from: Place): Place {
  let place = from
  while (!isOdd(place.node) && place.node !== 0) place = parent(place)
  return place
}

function isPowerOfTwo(size: number): boolean {
  let rest = size
  while (!isOdd(rest)) rest = half(rest)
  return rest === 1
}

const isCount = (number: number): boolean => Number.isSafeInteger(number) && number >= 0
const isProof = (proof: Proof): boolean => proof.length <= PROOF_LIMIT && proof.every(({ length }) => length === 32)

function need(kept: boolean, item: string): void {
  if (!kept) throw new CryptoError('BadProof', item)
}
