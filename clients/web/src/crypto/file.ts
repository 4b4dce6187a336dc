/** Files sealed in chunks: STREAM over XChaCha20-Poly1305 (docs/spec/attachment.md), in constant memory. */
import { decrypt, encrypt } from './aead.ts'
import { type Attachment, chunkCount, isName, isSize, isType, lastLength, paddedLast } from './attachment.ts'
import { equal, isZero, join, u64be, utf8 } from './bytes.ts'
import { cannotOpen } from './errors.ts'
import { free } from './free.ts'
import { blobId, blobIdBeside, RunningSha256 } from './hashing.ts'
import { ATTACHMENT, CHUNK_SIZE } from './labels.ts'
import { type Source, SYSTEM } from './randomness.ts'

/** Chunks that are under way at once, so that sealing, network and disk work at the same time. Each takes 4 MiB. */
const AHEAD = 2

/** What is done with each sealed chunk, called in order; while it has not resolved, one more chunk is made. */
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
  const underWay: Promise<void>[] = []
  try {
    let coming = pieceOf(blob, 0)
    for (let index = 0; index < chunkCount(size); index++) {
      const piece = await coming
      coming = expected(pieceOf(blob, index + 1)) // nothing, after the last
      hash.update(piece)
      const sealed = sealPiece(keys, index, size, piece)
      free(piece)
      const id = await blobIdBeside(sealed)
      chunks.push(id)
      if (underWay.length === AHEAD) await underWay.shift()
      underWay.push(expected(onChunk(index, sealed, id)))
    }
    await Promise.all(underWay)
    return { chunks, ...keys, name, sha256: hash.digest(), size, type }
  } finally {
    hash.digest()
  }
}

/** Awaited later: until then its failure is nobody's to hear. */
function expected<T>(coming: Promise<T>): Promise<T> {
  coming.catch(() => undefined)
  return coming
}

const pieceOf = async (blob: Blob, index: number): Promise<Uint8Array> =>
  new Uint8Array(await blob.slice(index * CHUNK_SIZE, (index + 1) * CHUNK_SIZE).arrayBuffer())

function sealPiece(keys: Keys, index: number, size: number, piece: Uint8Array): Uint8Array {
  const last = index === chunkCount(size) - 1
  return encrypt(keys.key, nonceOf(index, last), last ? padded(piece, paddedLast(size)) : piece, additional(keys.id))
}

function padded(piece: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(length)
  whole.set(piece)
  return whole
}

/**
 * The pieces of a file, in order, each fetched by its blob id. Nothing is complete before the generator has returned:
 * it raises CannotOpen otherwise. What `fetchBlob` raises goes through.
 */
export async function* openChunks(attachment: Attachment, fetchBlob: FetchBlob): AsyncGenerator<Uint8Array> {
  const hash = new RunningSha256()
  let index = 0
  try {
    for await (const sealed of ahead(attachment.chunks, id => proven(id, fetchBlob))) {
      const piece = unsealed(attachment, index++, sealed)
      hash.update(piece)
      yield piece
    }
    // The lengths were checked chunk by chunk: with as many chunks as the reference lists, they add up to its size.
    if (!equal(hash.digest(), attachment.sha256)) throw cannotOpen('attachment/5')
  } finally {
    hash.digest()
  }
}

/** What `work` makes of each, in order; the next are begun before they are asked for. */
async function* ahead<From, To>(items: readonly From[], work: (item: From) => Promise<To>): AsyncGenerator<To> {
  const coming: Promise<To>[] = []
  for (const item of items) {
    coming.push(expected(work(item)))
    if (coming.length > AHEAD) for (const one of coming.splice(0, 1)) yield await one
  }
  for (const one of coming) yield await one
}

/** A blob that is what its id says. Raises CannotOpen; what `fetchBlob` raises goes through. */
async function proven(id: string, fetchBlob: FetchBlob): Promise<Uint8Array> {
  const sealed = await fetchBlob(id)
  if ((await blobIdBeside(sealed)) !== id) throw cannotOpen('attachment/6')
  return sealed
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
  return unsealed(attachment, index, sealed)
}

function unsealed(attachment: Attachment, index: number, sealed: Uint8Array): Uint8Array {
  const last = index === attachment.chunks.length - 1
  const opened = decrypt(attachment.key, nonceOf(index, last), sealed, additional(attachment.id), 'attachment/1')
  return last ? lastPiece(attachment.size, opened) : fullPiece(opened)
}

function fullPiece(piece: Uint8Array): Uint8Array {
  if (piece.length !== CHUNK_SIZE) throw cannotOpen('attachment/2')
  return piece
}

function lastPiece(size: number, opened: Uint8Array): Uint8Array {
  if (opened.length !== paddedLast(size)) throw cannotOpen('attachment/3')
  if (!isZero(opened.subarray(lastLength(size)))) throw cannotOpen('attachment/4')
  return opened.subarray(0, lastLength(size))
}

/** 24 bytes. Counted: an attachment's key seals nothing else. */
const nonceOf = (index: number, last: boolean): Uint8Array =>
  join(new Uint8Array(15), u64be(index), Uint8Array.of(last ? 1 : 0))

/** What binds a chunk to its attachment. */
const additional = (id: Uint8Array): Uint8Array => join(id, utf8(ATTACHMENT))
