/** A document of the medical record: who wrote it, when, for whom, and the file itself. */
import { attachment, type Attachment } from './attachment.ts'
import type { PartKind } from './part.ts'
import { DATE, DAY, either, list, matching, nullable, object, oneOf, text } from './shape.ts'

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

const line = text(1000)

export const recordKind: PartKind<RecordDocument> = {
  kind: 'record.document',
  fromJson: object<RecordDocument>({
    author: object({ name: line, organization: line }),
    code: object({ code: line, label: line, system: line }),
    confidentiality: list(line, 16),
    copy: nullable(attachment),
    date: either(matching(DATE), matching(DAY)),
    file: attachment,
    format: oneOf('cda-r2', 'pdf', 'image', 'text', 'dicom', 'fhir', 'other'),
    id: line,
    kind: oneOf('record.document'),
    patient: nullable(
      object<Patient>({ birthDate: line, birthName: line, firstName: line, ins: line, oid: line, sex: line }),
    ),
    replaces: nullable(line),
    title: line,
  }),
  toJson: part => part,
  title: part => part.title,
  attachments: part => (part.copy === null ? [part.file] : [part.file, part.copy]),
}
