/** What a client proves of the key log before it believes a key: the sealing worker's side of session/keylog.ts. */
import { utf8 } from '../bytes.ts'
import type { LastCheckpoint } from '../content.ts'
import { b64u, unb64u } from '../encoding.ts'
import { CryptoError } from '../errors.ts'
import type { LogEntry, LogHead, LogNews, PolicyRead, SeenLog, SignedHead } from '../operations.ts'
import { encodeEntry } from './entry.ts'
import { parsePolicy, verifyCheckpoint, verifySignedTree } from './policy.ts'
import { verifyConsistency, verifyInclusion, type Proof } from './proof.ts'
import { leafHash } from './tree.ts'

/** Raises BadPolicy. */
export function readPolicy(text: Uint8Array): PolicyRead {
  const { hash, origin, witnesses } = parsePolicy(text)
  return { hash: b64u(hash), origin, witnesses: witnesses.map(({ name }) => name) }
}

/**
 * The tree of this checkpoint, which begins with the one that is known.
 *
 * Raises BadPolicy, BadCheckpoint; BadProof when it is shorter than the known one, or another history.
 */
export function verifyLog({ policy, checkpoint, known, consistency }: LogNews, now: Date): SignedHead {
  const { size, root, signature } = verifyCheckpoint(utf8(checkpoint), parsePolicy(policy), now)
  const head = { root: b64u(root), signature: b64u(signature), size }
  if (known !== null) verifyGrown(known, head, consistency)
  return head
}

/** Raises BadPolicy; BadCheckpoint unless the log itself signed what somebody says that they saw. */
export function verifyClaim(policy: Uint8Array, { root, signature, size }: SignedHead): void {
  verifySignedTree(parsePolicy(policy), size, unb64u(root, 32), unb64u(signature, 64))
}

/** Raises BadProof unless the tree `head` begins with `old`. No proof at all proves nothing. */
export function verifyGrown(old: LogHead, head: LogHead, proof: Proof | null): void {
  if (proof === null) throw new CryptoError('BadProof', 'transparency/11')
  verifyConsistency(old.size, head.size, proof, unb64u(old.root, 32), unb64u(head.root, 32))
}

/** Raises BadProof unless the entry stands at its place in the tree; BadStatement. */
export function verifyEntry({ head, index, inclusion, ...announcement }: LogEntry): void {
  if (inclusion === null) throw new CryptoError('BadProof', 'transparency/10')
  verifyInclusion(leafHash(encodeEntry(announcement)), index, head.size, inclusion, unb64u(head.root, 32))
}

/** What the key box keeps, as the page says it. */
export const seenOf = (kept: LastCheckpoint | null): SeenLog | null =>
  kept === null ? null : { policy: b64u(kept.policy), root: b64u(kept.root), size: kept.size }

/** Undo {@link seenOf}. Raises NotCanonical. */
export const checkpointOf = (seen: SeenLog | null): LastCheckpoint | null =>
  seen === null ? null : { policy: unb64u(seen.policy, 32), root: unb64u(seen.root, 32), size: seen.size }
