/** The hashes of the log's tree (RFC 6962, section 2.1; SHA-256). Building trees is the relay's. */
import { join, NOTHING } from '../bytes.ts'
import { sha256 } from '../hashing.ts'

const [LEAF, NODE] = [Uint8Array.of(0), Uint8Array.of(1)]

/** The root of a tree without a leaf. */
export const emptyRoot = (): Uint8Array => sha256(NOTHING)

export const leafHash = (entry: Uint8Array): Uint8Array => sha256(join(LEAF, entry))

export const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(join(NODE, left, right))
