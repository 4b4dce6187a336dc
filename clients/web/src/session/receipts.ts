/** Delivered or read, as the readers' side says it (docs/spec/content.md, `receipt`). Pure. */
import type { Receipt } from '../content/receipt.ts'
import type { Letter } from '../content/letter.ts'
import { answering } from './aim.ts'
import type { Arrived } from './entries.ts'
import { freshId } from './ids.ts'
import type { Draft } from './outgoing.ts'

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

/** Letters whose author asked to be told that they were read, and was not told from any device. */
export function askedAbout(letters: readonly Arrived[]): ReadonlySet<string> {
  const own = letters.filter(({ box }) => box === 'out').flatMap(({ letter }) => letter.parts)
  const told = new Set(own.flatMap(part => (part.kind === 'receipt' && part.event === 'read' ? [part.of] : [])))
  const asked = letters.filter(({ box, letter }) => box === 'in' && letter.mail?.receiptWanted === true && !told.has(letter.message))
  return new Set(asked.map(({ letter }) => letter.message))
}

/** The letter that says that this one was read, and nothing else: a bridge makes a notification of it (RFC 8098). */
export const readReceipt = (read: Arrived, now: Date): Draft => ({
  message: freshId(),
  to: answering(read),
  subject: '',
  text: '',
  parts: [{ kind: 'receipt', at: `${now.toISOString().slice(0, 19)}Z`, event: 'read', of: read.letter.message }],
})
