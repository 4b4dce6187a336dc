/** Files sealed in chunks: STREAM over XChaCha20-Poly1305 (docs/spec/attachment.md), in constant memory. */
import { decrypt, encrypt } from './aead.ts'
import { type Attachment, chunkCount, isName, isSize, isType, lastLength, paddedLast } from './attachment.ts'
import { equal, isZero, join, u64be, utf8 } from './bytes.ts'
import { cannotOpen } from './errors.ts'
import { blobId, RunningSha256 } from './hashing.ts'
import { ATTACHMENT, CHUNK_SIZE } from './labels.ts'
import { type Source, SYSTEM } from './randomness.ts'

/** What is done with each sealed chunk, in order; the next is made when this has resolved. */
export type OnChunk = (index: number, bytes: Uint8Array, blobId: string) => Promise<void>
export type FetchBlob = (blobId: string) => Promise<Uint8Array>
type Keys = { readonly key: Uint8Array; readonly id: Uint8Array }

/**
 * Seal a file under a fresh key. The reference is complete when every chunk went through `onChunk`.
 *
 * Raises RangeError for a size, name or type outside the limits, before anything is sealed.
 */
export const sealFile = (blob: Blob, name: string, type: string, onChunk: OnChunk): Promise<Attachment> =>
  _sealFile(blob, name, type, onChunk, SYSTEM)

/** The private seam: an attachment's key must be fresh, so only tests bring their own randomness. */
export async function _sealFile(
  blob: Blob,
  name: string,
  type: string,
  onChunk: OnChunk,
  source: Source,
): Promise<Attachment> {
  const { size } = blob
  if (!isSize(size) || !isName(name) || !isType(type)) throw new RangeError('a file outside the limits')
  const keys = { key: source(32), id: source(16) }
  const hash = new RunningSha256()
  const chunks: string[] = []
  try {
    for (let index = 0; index < chunkCount(size); index++) {
      const piece = await pieceOf(blob, index)
      hash.update(piece)
      const sealed = sealPiece(keys, index, size, piece)
      const id = blobId(sealed)
      chunks.push(id)
      await onChunk(index, sealed, id)
    }
    return { chunks, ...keys, name, sha256: hash.digest(), size, type }
  } finally {
    hash.digest()
  }
}

const pieceOf = async (blob: Blob, index: number): Promise<Uint8Array> =>
  new Uint8Array(await blob.slice(index * CHUNK_SIZE, (index + 1) * CHUNK_SIZE).arrayBuffer())

function sealPiece(keys: Keys, index: number, size: number, piece: Uint8Array): Uint8Array {
  const last = index === chunkCount(size) - 1
  const padded = new Uint8Array(last ? paddedLast(size) : CHUNK_SIZE)
  padded.set(piece)
  return encrypt(keys.key, nonceOf(index, last), padded, additional(keys.id))
}

/**
 * The pieces of a file, in order, each fetched by its blob id. Nothing is complete before the generator has returned:
 * it raises CannotOpen otherwise. What `fetchBlob` raises goes through.
 */
export async function* openChunks(attachment: Attachment, fetchBlob: FetchBlob): AsyncGenerator<Uint8Array> {
  const hash = new RunningSha256()
  try {
    for (const [index, chunk] of attachment.chunks.entries()) {
      const piece = openChunk(attachment, index, await fetchBlob(chunk))
      hash.update(piece)
      yield piece
    }
    // The lengths were checked chunk by chunk: with as many chunks as the reference lists, they add up to its size.
    if (!equal(hash.digest(), attachment.sha256)) throw cannotOpen('attachment/5')
  } finally {
    hash.digest()
  }
}

/** The whole file in memory. Raises CannotOpen. */
export async function openFile(attachment: Attachment, fetchBlob: FetchBlob): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(attachment.size)
  let at = 0
  for await (const piece of openChunks(attachment, fetchBlob)) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** The true bytes of one chunk, in any order. Raises CannotOpen. Does not prove the file: see {@link openChunks}. */
export function openChunk(attachment: Attachment, index: number, sealed: Uint8Array): Uint8Array {
  if (blobId(sealed) !== attachment.chunks[index]) throw cannotOpen('attachment/6')
  const last = index === attachment.chunks.length - 1
  const padded = decrypt(attachment.key, nonceOf(index, last), sealed, additional(attachment.id), 'attachment/1')
  return last ? lastPiece(attachment.size, padded) : fullPiece(padded)
}

function fullPiece(piece: Uint8Array): Uint8Array {
  if (piece.length !== CHUNK_SIZE) throw cannotOpen('attachment/2')
  return piece
}

function lastPiece(size: number, padded: Uint8Array): Uint8Array {
  if (padded.length !== paddedLast(size)) throw cannotOpen('attachment/3')
  if (!isZero(padded.subarray(lastLength(size)))) throw cannotOpen('attachment/4')
  return padded.subarray(0, lastLength(size))
}

/** 24 bytes. Counted: an attachment's key seals nothing else. */
const nonceOf = (index: number, last: boolean): Uint8Array =>
  join(new Uint8Array(15), u64be(index), Uint8Array.of(last ? 1 : 0))

/** What binds a chunk to its attachment. */
const additional = (id: Uint8Array): Uint8Array => join(id, utf8(ATTACHMENT))
