/** Delivered or read: what a reader's side says about one letter. */
import type { PartKind } from './part.ts'
import { date, ID, matching, object, oneOf } from './shape.ts'

export type Receipt = {
  readonly kind: 'receipt'
  readonly at: string
  readonly event: 'delivered' | 'read'
  readonly of: string
}

export const receiptKind: PartKind<Receipt> = {
  kind: 'receipt',
  fromJson: object<Receipt>({
    at: date,
    event: oneOf('delivered', 'read'),
    kind: oneOf('receipt'),
    of: matching(ID),
  }),
  toJson: part => part,
  title: () => '',
  attachments: () => [],
}
