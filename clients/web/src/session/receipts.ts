/** Delivered or read, as the readers' side says it (docs/spec/content.md, `receipt`). Pure. */
import type { Receipt } from '../content/receipt.ts'
import type { Letter } from '../content/letter.ts'
import type { Arrived } from './entries.ts'

export type Told = { readonly event: Receipt['event']; readonly at: string }

/** A letter that says nothing but what became of another one. */
export const isReceipt = ({ parts, text, html }: Letter): boolean =>
  parts.length > 0 && parts.every(part => part.kind === 'receipt') && text.trim() === '' && html === null

/** Own letter -> how far it came. Only those whom a letter went to can say so; read says more than delivered. */
export function receipts(letters: readonly Arrived[]): ReadonlyMap<string, Told> {
  const own = new Map(letters.filter(({ box }) => box === 'out').map(({ letter }) => [letter.message, letter]))
  const told = new Map<string, Told>()
  for (const { box, letter } of letters) {
    if (box === 'out') continue
    for (const part of letter.parts) {
      if (part.kind !== 'receipt' || !isReader(own.get(part.of), letter.sender.account)) continue
      if (told.get(part.of)?.event !== 'read') told.set(part.of, { event: part.event, at: part.at })
    }
  }
  return told
}

const isReader = (letter: Letter | undefined, account: string): boolean =>
  letter?.recipients.some(one => one.account === account) ?? false
