/** What every kind of part offers. Adding a kind is one file here and one line in kinds.ts. */
import type { Json } from '../crypto/encoding.ts'
import type { Attachment } from './attachment.ts'

export interface PartKind<T extends { readonly kind: string }> {
  readonly kind: T['kind']
  /** Throws NotThisShape when it is not of this kind. */
  readonly fromJson: (raw: unknown) => T
  readonly toJson: (part: T) => Json
  /** One line for people, in the language that its writer used; empty when it has none. */
  readonly title: (part: T) => string
  readonly attachments: (part: T) => readonly Attachment[]
}
