/** The reference of a sealed file, as it stands in a letter (docs/spec/attachment.md). */
import type { AttachmentJson } from '../crypto/attachment.ts'
import { BLOB_ID, HASH, ID, integer, list, matching, object } from './shape.ts'

export type Attachment = AttachmentJson

const CHUNKS = 256
const NAME = /^[^\u0000-\u001f\u007f/\\]{1,255}$/u
const TYPE = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/

export const attachment = object<Attachment>({
  chunks: list(matching(BLOB_ID), CHUNKS),
  id: matching(ID),
  key: matching(HASH),
  name: matching(NAME),
  sha256: matching(HASH),
  size: integer(0),
  type: matching(TYPE),
})

/** A name that an attachment may have, from a name that somebody's file has. */
export function safeName(name: string): string {
  const clean = name.replace(/[\u0000-\u001f\u007f/\\]/gu, '_').trim()
  return clean.length === 0 ? 'document' : clean.slice(-255)
}

/** The media type of a file as a letter may say it; what is not of that form is plain bytes. */
export const safeType = (type: string): string => {
  const plain = (type.split(';')[0] ?? '').trim().toLowerCase()
  return TYPE.test(plain) ? plain : 'application/octet-stream'
}
