/** THE TABLE of part kinds. An unknown kind, or a known one of unknown shape, is kept and shown as such. */
import type { Json } from '../crypto/encoding.ts'
import { agendaKind, type Invitation } from './agenda.ts'
import type { Attachment } from './attachment.ts'
import { fileKind, type FilePart } from './file.ts'
import type { PartKind } from './part.ts'
import { receiptKind, type Receipt } from './receipt.ts'
import { recordKind, type RecordDocument } from './record.ts'
import { NotThisShape } from './shape.ts'
import { unknownPart, type UnknownPart } from './unknown.ts'

export type Part = FilePart | RecordDocument | Invitation | Receipt | UnknownPart
type KnownPart = Exclude<Part, UnknownPart>

const TABLE: { readonly [K in KnownPart['kind']]: PartKind<Extract<KnownPart, { kind: K }>> } = {
  file: fileKind,
  'record.document': recordKind,
  'agenda.invitation': agendaKind,
  receipt: receiptKind,
}

// TypeScript cannot see that a part and its line of the table have the same kind: said once, here.
const lineOf = (part: KnownPart): PartKind<KnownPart> => TABLE[part.kind] as unknown as PartKind<KnownPart>

const isKnown = (kind: unknown): kind is KnownPart['kind'] => typeof kind === 'string' && Object.hasOwn(TABLE, kind)

/** Raises NotThisShape for what is no object with a kind. */
export function partFromJson(raw: Json): Part {
  const kind = typeof raw === 'object' && raw !== null && 'kind' in raw ? raw['kind'] : undefined
  if (typeof kind !== 'string') throw new NotThisShape('not a part')
  if (!isKnown(kind)) return unknownPart(raw)
  try {
    return TABLE[kind].fromJson(raw)
  } catch {
    return unknownPart(raw)
  }
}

export const partToJson = (part: Part): Json => (part.kind === 'unknown' ? part.raw : lineOf(part).toJson(part))

export const attachmentsOf = (part: Part): readonly Attachment[] =>
  part.kind === 'unknown' ? [] : lineOf(part).attachments(part)

export const titleOf = (part: Part): string => (part.kind === 'unknown' ? '' : lineOf(part).title(part))
