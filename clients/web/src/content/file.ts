/** Any file that travels with a letter. */
import { attachment, type Attachment } from './attachment.ts'
import type { PartKind } from './part.ts'
import { object, oneOf } from './shape.ts'

export type FilePart = { readonly kind: 'file'; readonly file: Attachment }

export const fileKind: PartKind<FilePart> = {
  kind: 'file',
  fromJson: object<FilePart>({ file: attachment, kind: oneOf('file') }),
  toJson: part => part,
  title: part => part.file.name,
  attachments: part => [part.file],
}
