/** The reference of a sealed file, as it stands in a letter (docs/spec/attachment.md). */
import { chunkCount, isName, isSize, isType, type AttachmentJson } from '../crypto/attachment.ts'
import { BLOB_ID, HASH, ID, integer, list, matching, object, such, text } from './shape.ts'

export type Attachment = AttachmentJson

const CHUNKS = 256
const NAME_LENGTH = 255 // characters: Unicode code points

const shaped = object<Attachment>({
  chunks: list(matching(BLOB_ID), CHUNKS),
  id: matching(ID),
  key: matching(HASH),
  name: such(text(NAME_LENGTH), isName),
  sha256: matching(HASH),
  size: such(integer(0), isSize),
  type: such(text(255), isType),
})

/** As many chunks as its size makes. */
export const attachment = such(shaped, ({ chunks, size }) => chunks.length === chunkCount(size))

/** As it is shown and kept: signs that turn the direction of writing would make "exe.pdf" of "fdp.exe". */
export const plainName = (name: string): string => name.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')

/** A name that an attachment may have, from a name that somebody's file has. */
export function safeName(name: string): string {
  const clean = Array.from(plainName(name.toWellFormed()).replace(/[\p{Cc}/\\]/gu, '_').trim())
  return clean.length === 0 ? 'document' : clean.slice(-NAME_LENGTH).join('')
}

/** The media type of a file as a letter may say it; what is not of that form is plain bytes. */
export const safeType = (type: string): string => {
  const plain = (type.split(';')[0] ?? '').trim().toLowerCase()
  return isType(plain) && plain.length <= 255 ? plain : 'application/octet-stream'
}
