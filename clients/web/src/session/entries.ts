/** What the mailbox shows: letters, and those that could not be opened. Pure values and their folds. */
import { fold, type Appointment, type Invitation, type Said } from '../content/agenda.ts'
import { groups } from '../content/groups.ts'
import type { Letter } from '../content/letter.ts'
import { filesOf } from '../content/letter.ts'
import type { Part } from '../content/kinds.ts'
import type { RecordDocument } from '../content/record.ts'
import { isReceipt } from './receipts.ts'
import { plainSubject } from './subject.ts'

/** Why a letter is not shown (docs/spec/content.md, "What a reader checks"). `notFetched`, `notProved`: it may work later. */
export type Reason =
  | 'cannotOpen'
  | 'notCanonical'
  | 'unknownMembers'
  | 'notForYou'
  | 'hiddenRecipient'
  | 'mislabelled'
  | 'unknownSenderKey'
  | 'senderKeyChanged'
  | 'sealedToOtherKey'
  | 'replayed'
  | 'notFetched'
  | 'notProved'

/** Of a letter that is shown. `staleKeyUsed`: its sender was shown keys of the reader's that were replaced long before. */
export type Warning = 'staleKeyUsed'

export type Arrived = {
  readonly kind: 'arrived'
  /** The relay's id of the message. */
  readonly id: string
  readonly box: 'in' | 'out'
  readonly receivedAt: string
  readonly letter: Letter
  /** SHA-256 of the canonical bytes, b64u: what the sender's next letter in this thread names as `previous`. */
  readonly hash: string
  readonly warnings: readonly Warning[]
}
export type Unreadable = {
  readonly kind: 'unreadable'
  readonly id: string
  readonly receivedAt: string
  readonly reason: Reason
}
export type Entry = Arrived | Unreadable

/** A thread, whatever was read of it. */
export type Exchange = {
  readonly id: string
  /** Oldest first; those that only say what became of another are among them. */
  readonly letters: readonly Arrived[]
  /** Without those. */
  readonly shown: readonly Arrived[]
  readonly subject: string
  /** The last letter, as the list shows it. */
  readonly last: Arrived
  readonly files: boolean
  readonly invitation: boolean
}
export type Thread = Exchange & { readonly unread: number }

const byTime = (left: Entry, right: Entry): number =>
  left.receivedAt === right.receivedAt ? left.id.localeCompare(right.id) : left.receivedAt < right.receivedAt ? -1 : 1

export const arrived = (entries: readonly Entry[]): readonly Arrived[] =>
  entries.filter(entry => entry.kind === 'arrived').sort(byTime)

export const unreadable = (entries: readonly Entry[]): readonly Unreadable[] =>
  entries.filter(entry => entry.kind === 'unreadable').sort(byTime)

/** All exchanges, the one with the newest letter first. Much work where the mailbox is large: reading a letter changes none. */
export function exchanges(entries: readonly Entry[]): readonly Exchange[] {
  const byThread = groups(arrived(entries).filter(entry => !isForOneself(entry)), entry => entry.letter.thread)
  return [...byThread.values()].flatMap(group => toExchange(group) ?? []).sort((a, b) => byTime(b.last, a.last))
}

/** The same in the same order, with how much of each is not read. `known`: what this made before; only what changed is made anew. */
export function threads(
  of: readonly Exchange[],
  isRead: (entry: Arrived) => boolean,
  known = new WeakMap<Exchange, Thread>(),
): readonly Thread[] {
  return of.map(exchange => {
    const unread = exchange.shown.reduce((count, entry) => (isRead(entry) ? count : count + 1), 0)
    const before = known.get(exchange)
    if (before?.unread === unread) return before
    const thread = { ...exchange, unread }
    known.set(exchange, thread)
    return thread
  })
}

/** A document or an appointment of one's own: no conversation (docs/spec/content.md, Letters to oneself). */
export const isForOneself = ({ box, letter }: Arrived): boolean => box === 'out' && letter.recipients.length === 1

function toExchange(letters: readonly Arrived[]): Exchange | undefined {
  const shown = letters.filter(({ letter }) => !isReceipt(letter))
  const [head, last] = [shown[0], shown.at(-1)]
  if (head === undefined || last === undefined) return undefined
  const parts = letters.flatMap(({ letter }) => letter.parts)
  return {
    id: head.letter.thread,
    letters,
    shown,
    subject: plainSubject(head.letter),
    last,
    files: letters.some(({ letter }) => filesOf(letter).length > 0),
    invitation: parts.some(isInvitation),
  }
}

const isInvitation = (part: Part): part is Invitation => part.kind === 'agenda.invitation'

/** The letters after which something of the same sender is missing: a gap in the count, or a broken chain. */
export function gaps(letters: readonly Arrived[]): ReadonlySet<string> {
  const found = new Set<string>()
  for (const group of groups(letters, ({ letter }) => letter.sender.account).values()) {
    const ordered = group.toSorted((a, b) => a.letter.counter - b.letter.counter)
    let before: Arrived | undefined
    for (const entry of ordered) {
      if (!follows(entry, before)) found.add(entry.id)
      before = entry
    }
  }
  return found
}

const follows = ({ letter }: Arrived, before: Arrived | undefined): boolean =>
  before === undefined
    ? letter.counter === 1 && letter.previous === null
    : letter.counter === before.letter.counter + 1 && letter.previous === before.hash

/** An appointment, and the letter that one answers. */
export type AgendaEntry = Appointment & { readonly from: Arrived }

/** The agenda: the fold of all invitations of each sender and uid, the earliest first. */
export function agenda(entries: readonly Entry[]): readonly AgendaEntry[] {
  const carried = arrived(entries).flatMap(from =>
    from.letter.parts.filter(isInvitation).map(invitation => ({ ...saidBy(from), invitation, from })),
  )
  return fold(carried).flatMap(appointment => {
    const from = carried.findLast(one => one.invitation === appointment.invitation)?.from
    return from === undefined ? [] : [{ ...appointment, from }]
  })
}

const saidBy = ({ box, letter }: Arrived): Omit<Said, 'invitation'> => ({
  account: letter.sender.account,
  own: box === 'out',
  recipients: letter.recipients.map(({ account }) => account),
})

type Found = Omit<FiledDocument, 'replaced'>

export type FiledDocument = {
  readonly document: RecordDocument
  readonly from: Arrived
  /** Place of the document among the parts of its letter. */
  readonly place: number
  readonly replaced: boolean
}

/**
 * The record: every document that came, or that the person added, the newest first; the same document sent twice is filed
 * once, and one that the person sent on is not filed again.
 *
 * A document is of the account that sent it: nobody else replaces it, nor puts another in its place.
 */
export function filed(entries: readonly Entry[]): readonly FiledDocument[] {
  const filing = arrived(entries).filter(entry => entry.box === 'in' || isForOneself(entry))
  const found = filing.flatMap(from =>
    from.letter.parts.flatMap((part, place) => (part.kind === 'record.document' ? [{ document: part, from, place }] : [])),
  )
  const name = ({ from }: Found, id: string): string => `${from.letter.sender.account} ${id}`
  const replaced = new Set(found.flatMap(one => (one.document.replaces === null ? [] : name(one, one.document.replaces))))
  const once = new Map(
    found.map(one => [one.document.id === '' ? `${one.from.id} ${one.place}` : name(one, one.document.id), one]),
  )
  return [...once.values()]
    .map(one => ({ ...one, replaced: one.document.id !== '' && replaced.has(name(one, one.document.id)) }))
    .sort((a, b) => b.document.date.localeCompare(a.document.date))
}
