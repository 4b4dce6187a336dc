/** A part that this version cannot show. It is kept as it came, so that a later version can. */
import type { Json } from '../crypto/encoding.ts'

export type UnknownPart = { readonly kind: 'unknown'; readonly raw: Json }

export const unknownPart = (raw: Json): UnknownPart => ({ kind: 'unknown', raw })
