/** What the person writes: forms with their files, drafts that keep themselves, and the ten seconds before a letter leaves. */
import { counter, reply, type Answer, type Invitation, type Moment, type Person } from '../content/agenda.ts'
import type { Attachment } from '../content/attachment.ts'
import { answering, answerSubject, type Aim } from './aim.ts'
import { Composer } from './composer.ts'
import { letterOf, type Drafts, type KeptDraft } from './drafts.ts'
import type { AgendaEntry, Arrived } from './entries.ts'
import type { Files } from './files.ts'
import { freshId, isId } from './ids.ts'
import { Outbox } from './outbox.ts'
import type { Draft } from './outgoing.ts'
import type { Clock } from './ports.ts'
import { ownAddress } from './who.ts'

/** The open mailbox as a form sees it. Each fails where none is open. */
export interface Sender {
  readonly drafts: Drafts
  readonly files: Files
  readonly ownName: () => string
  readonly send: (draft: Draft) => Promise<void>
}

export class Writing {
  readonly #sender: Sender
  readonly #clock: Clock
  readonly outbox: Outbox
  readonly composer: Composer

  constructor(clock: Clock, sender: Sender) {
    this.#clock = clock
    this.#sender = sender
    this.outbox = new Outbox(clock, draft => this.#send(draft))
    this.composer = new Composer(
      () => sender.files,
      (thread, files) => {
        // Other forms have files as well: they keep no draft.
        if (isId(thread)) sender.drafts.write(thread, { files })
      },
    )
  }

  /** Something is on its way by itself. */
  get sending(): boolean {
    return this.outbox.sending || this.composer.busy
  }

  /** Leaving now would lose something. */
  get busy(): boolean {
    return this.outbox.busy || this.composer.unsealed
  }

  /** The files of a kept draft are brought to the relay, as far as they are still here. */
  resume(thread: string): void {
    void this.composer.resume(thread, this.#sender.drafts.of(thread).files)
  }

  close(): void {
    this.outbox.close()
    this.composer.close()
  }

  /** An answer with a fresh id: sending it twice delivers it once. */
  answer(answers: Arrived, text: string, parts: Draft['parts']): Draft {
    return { message: freshId(), to: answering(answers), subject: answerSubject(answers.letter.subject), text, parts }
  }

  /**
   * Send what the form of this thread holds, in ten seconds. It stays saved as a draft until it is sent. What was handed over
   * before, and was not edited since, is the same letter: the relay may have it, and then takes it no second time.
   */
  submit(to: Aim, subject: string, quoting?: Draft['quoting']): void {
    const { thread } = to
    const { drafts } = this.#sender
    const draft = drafts.of(thread)
    const ready = this.composer.ready(thread)
    const message = (areFilesOf(draft, ready) ? letterOf(draft) : undefined) ?? freshId()
    const parts = ready.map(file => ({ kind: 'file', file }) as const)
    this.outbox.queue({ message, to, subject, text: draft.text, parts, ...(quoting && { quoting }) })
    drafts.lend(thread, message)
    this.composer.clear(thread)
  }

  /** The relay has these letters: what of them was on its way is sent, and no draft is left of it. */
  arrive(messages: readonly string[]): void {
    this.outbox.arrive(messages)
    for (const thread of this.#sender.drafts.arrive(messages)) this.composer.clear(thread)
  }

  /** Put a letter that was not sent back into its form. */
  undo(message: string): void {
    const draft = this.outbox.undo(message)
    if (draft === undefined) return
    const { thread, inReplyTo, account } = draft.to
    const isFirst = inReplyTo === null
    const files = draft.parts.flatMap(part => (part.kind === 'file' ? [part.file] : []))
    const first = isFirst ? { subject: draft.subject, to: account } : { subject: '', to: null }
    this.#sender.drafts.takeBack(message, thread, { text: draft.text, files, ...first })
    this.composer.restore(thread, files)
  }

  /** Say yes, no or perhaps to an invitation: an ordinary answer that carries it, sent at once. */
  respond(entry: AgendaEntry, answer: Answer, sentence: string): Promise<void> {
    const part = reply(entry.invitation, this.#attendee(entry.invitation, entry.from), answer, this.#clock.now())
    return this.outbox.sendNow(this.answer(entry.from, sentence, [part]))
  }

  /** Propose another time: an ordinary answer that carries it, sent at once. */
  propose(entry: AgendaEntry, start: Moment, end: Moment | null, sentence: string): Promise<void> {
    const who = this.#attendee(entry.invitation, entry.from)
    const part = counter(entry.invitation, who, start, end, this.#clock.now())
    return this.outbox.sendNow(this.answer(entry.from, sentence, [part]))
  }

  /** As which attendee one answers: the invited one of one's own address, else one's own name. */
  #attendee(invitation: Invitation, from: Arrived): Person {
    const address = ownAddress(from)
    const invited = invitation.attendees.find(one => one.address.toLowerCase() === address.toLowerCase())
    const [only] = invitation.attendees.length === 1 ? invitation.attendees : []
    return invited ?? only ?? { address, name: this.#sender.ownName() }
  }

  async #send(draft: Draft): Promise<void> {
    await this.#sender.send(draft)
    this.#sender.drafts.settle(draft.message)
  }
}

const areFilesOf = ({ files }: KeptDraft, ready: readonly Attachment[]): boolean =>
  files.length === ready.length && files.every(({ id }) => ready.some(one => one.id === id))
