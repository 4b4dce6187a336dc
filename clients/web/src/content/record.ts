/** A document of the medical record: who wrote it, when, for whom, and the file itself. */
import { attachment, type Attachment } from './attachment.ts'
import type { PartKind } from './part.ts'
import { date, day, either, list, nullable, object, oneOf, text } from './shape.ts'

export type Patient = {
  readonly birthDate: string
  readonly birthName: string
  readonly firstName: string
  readonly ins: string
  readonly oid: string
  readonly sex: string
}

export type RecordDocument = {
  readonly kind: 'record.document'
  readonly author: { readonly name: string; readonly organization: string }
  readonly code: { readonly code: string; readonly label: string; readonly system: string }
  readonly confidentiality: readonly string[]
  readonly copy: Attachment | null
  readonly date: string
  readonly file: Attachment
  readonly format: 'cda-r2' | 'pdf' | 'image' | 'text' | 'dicom' | 'fhir' | 'other'
  readonly id: string
  readonly patient: Patient | null
  readonly replaces: string | null
  readonly title: string
}

const NAME = text(255)

export const recordKind: PartKind<RecordDocument> = {
  kind: 'record.document',
  fromJson: object<RecordDocument>({
    author: object({ name: NAME, organization: NAME }),
    code: object({ code: text(64), label: NAME, system: text(128) }),
    confidentiality: list(text(64), 16),
    copy: nullable(attachment),
    date: either(date, day),
    file: attachment,
    format: oneOf('cda-r2', 'pdf', 'image', 'text', 'dicom', 'fhir', 'other'),
    id: NAME,
    kind: oneOf('record.document'),
    patient: nullable(
      object<Patient>({
        birthDate: text(10),
        birthName: NAME,
        firstName: NAME,
        ins: text(64),
        oid: text(128),
        sex: text(8),
      }),
    ),
    replaces: nullable(text(65_536)),
    title: NAME,
  }),
  toJson: part => part,
  title: part => part.title,
  attachments: part => (part.copy === null ? [part.file] : [part.file, part.copy]),
}
