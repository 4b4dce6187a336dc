/** Where a letter goes: an answer into its exchange, or a first letter to somebody who may be written to. Pure. */
import type { Mail } from '../content/letter.ts'
import type { Arrived } from './entries.ts'
import { freshId } from './ids.ts'
import { ownAddress } from './who.ts'

export type Aim = {
  readonly thread: string
  /** To whom; the writer's own copy comes by itself. */
  readonly account: string
  /** The writer's own address in this exchange; empty outside MSSanté. */
  readonly from: string
  readonly inReplyTo: string | null
  readonly mail: Mail | null
}

/** Somebody who wrote, as the newest of their letters shows them. `address` is theirs; `own` the reader's in their exchange. */
export type Known = {
  readonly account: string
  readonly name: string
  readonly address: string
  readonly own: string
  readonly byMail: boolean
}

const REFERENCES = 50

export function answering(answered: Arrived): Aim {
  const { letter } = answered
  const from = ownAddress(answered)
  return {
    thread: letter.thread,
    account: letter.sender.account,
    from,
    inReplyTo: letter.message,
    mail: letter.mail === null ? null : answerMail(letter.mail, from),
  }
}

/** The first letter of an exchange of its own. */
export const writingTo = ({ account, address, own, byMail }: Known, thread = freshId()): Aim => ({
  thread,
  account,
  from: own,
  inReplyTo: null,
  mail: byMail ? { from: own, inReplyTo: null, messageId: null, references: [], to: address } : null,
})

/** The bridge makes the Message-ID; what an answer answers is named here. */
function answerMail(answered: Mail, from: string): Mail {
  const { messageId } = answered
  return {
    from,
    inReplyTo: messageId,
    messageId: null,
    references: [...answered.references, ...(messageId === null ? [] : [messageId])].slice(-REFERENCES),
    to: answered.from,
  }
}

/** Everybody who wrote, by the newest letter of each, those who wrote last first. `letters`: the oldest first. */
export function knownPeople(letters: readonly Arrived[]): readonly Known[] {
  const found = new Map<string, Known>()
  for (const entry of letters.toReversed()) {
    const { sender, mail } = entry.letter
    if (entry.box === 'out' || found.has(sender.account)) continue
    const { account, name, address } = sender
    found.set(account, { account, name: name || address, address, own: ownAddress(entry), byMail: mail !== null })
  }
  return [...found.values()]
}

/** "Re: " once, whatever stood before. */
export const answerSubject = (subject: string): string => (/^re\s*:/i.test(subject) ? subject : `Re: ${subject}`)
