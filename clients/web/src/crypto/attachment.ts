/** What a letter says of an attachment, and the lengths that follow (docs/spec/attachment.md). No cryptography. */
import { b64u, type Json, unb64u } from './encoding.ts'
import { cannotOpen, under } from './errors.ts'
import { CHUNK_LIMIT, CHUNK_SIZE, NAME_LIMIT } from './labels.ts'
import { padme } from './padding.ts'
import { array, integer, members, text } from './shape.ts'

/** `chunks` are blob ids in order; `id` 16 bytes, `key` and `sha256` 32; `size` is the true length in bytes. */
export type Attachment = {
  readonly chunks: readonly string[]
  readonly id: Uint8Array
  readonly key: Uint8Array
  readonly name: string
  readonly sha256: Uint8Array
  readonly size: number
  readonly type: string
}

/** The reference as it stands in the letter: bytes as b64u. */
export type AttachmentJson = {
  readonly chunks: readonly string[]
  readonly id: string
  readonly key: string
  readonly name: string
  readonly sha256: string
  readonly size: number
  readonly type: string
}

const MEMBERS = ['chunks', 'id', 'key', 'name', 'sha256', 'size', 'type'] as const
const BLOB = /^b[0-9a-f]{64}$/
const NAME = new RegExp(`^[^\\p{Cc}/\\\\]{1,${NAME_LIMIT}}$`, 'u') // characters are code points
const TYPE = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/

export const attachmentToJson = (attachment: Attachment): AttachmentJson => ({
  chunks: attachment.chunks,
  id: b64u(attachment.id),
  key: b64u(attachment.key),
  name: attachment.name,
  sha256: b64u(attachment.sha256),
  size: attachment.size,
  type: attachment.type,
})

/** Raises CannotOpen: other members, or outside the limits. */
export function attachmentFromJson(raw: Json): Attachment {
  const attachment = under('CannotOpen', 'attachment/7', () => parse(raw))
  if (!isWithinLimits(attachment)) throw cannotOpen('attachment/7')
  return attachment
}

function parse(raw: Json): Attachment {
  const found = members(raw, MEMBERS)
  return {
    chunks: array(found.chunks).map(text),
    id: unb64u(text(found.id), 16),
    key: unb64u(text(found.key), 32),
    name: text(found.name),
    sha256: unb64u(text(found.sha256), 32),
    size: integer(found.size),
    type: text(found.type),
  }
}

export const isSize = (size: number): boolean =>
  Number.isSafeInteger(size) && size >= 0 && size <= CHUNK_LIMIT * CHUNK_SIZE

export const isName = (name: string): boolean => NAME.test(name)

export const isType = (type: string): boolean => TYPE.test(type)

const isWithinLimits = ({ chunks, name, size, type }: Attachment): boolean =>
  isSize(size) &&
  chunks.length === chunkCount(size) &&
  chunks.every(chunk => BLOB.test(chunk)) &&
  isName(name) &&
  isType(type)

/** How many chunks a file of `size` bytes has; an empty one has one. */
export const chunkCount = (size: number): number => Math.max(1, Math.ceil(size / CHUNK_SIZE))

/** The true length of the last piece, in bytes. */
export const lastLength = (size: number): number => size - (chunkCount(size) - 1) * CHUNK_SIZE

/** The length of the last piece once padded. */
export const paddedLast = (size: number): number => Math.min(CHUNK_SIZE, padme(lastLength(size)))
