/** What the person writes in the open mailbox, and how it is sealed and delivered. */
import type { Answer, Moment } from '../content/agenda.ts'
import { answering, answerSubject, type Aim } from './aim.ts'
import type { AgendaEntry, Arrived } from './entries.ts'
import type { Draft } from './outgoing.ts'
import type { Ports } from './ports.ts'
import { Reading } from './reading.ts'
import { readReceipt } from './receipts.ts'
import type { Writing } from './writing.ts'

export abstract class Authoring extends Reading {
  readonly #clock: Ports['clock']

  constructor({ clock }: Pick<Ports, 'clock'>) {
    super()
    this.#clock = clock
  }

  /** One's own line has grown without this page: another device renewed the keys. */
  protected abstract lookIfRenewed(error: unknown): void

  /** Something is on its way out by itself. */
  get sending(): boolean {
    return this.current?.writing.sending === true
  }

  get outbox(): Writing['outbox'] {
    return this.opened.writing.outbox
  }

  get composer(): Writing['composer'] {
    return this.opened.writing.composer
  }

  draft(answers: Arrived, text: string, parts: Draft['parts']): Draft {
    return this.opened.writing.answer(answers, text, parts)
  }

  submit(answers: Arrived, wrote: string): void {
    const { mail, text, subject } = answers.letter
    // Mail programs show no conversation: there, what is answered stands below the answer (line `wrote` above it).
    this.opened.writing.submit(answering(answers), answerSubject(subject), mail === null ? undefined : { wrote, earlier: text })
  }

  /** A first letter to somebody who may be written to; its draft has what it is about. */
  submitFirst(to: Aim): void {
    this.drafts.write(to.thread, { to: to.account })
    this.opened.writing.submit(to, this.drafts.of(to.thread).subject)
  }

  /** The files of this thread's draft are brought to the relay, as far as they are still here. */
  resumeFiles(thread: string): void {
    this.opened.writing.resume(thread)
  }

  undo(message: string): void {
    this.opened.writing.undo(message)
  }

  respond(entry: AgendaEntry, answer: Answer, sentence: string): Promise<void> {
    return this.opened.writing.respond(entry, answer, sentence)
  }

  propose(entry: AgendaEntry, start: Moment, end: Moment | null, sentence: string): Promise<void> {
    return this.opened.writing.propose(entry, start, end, sentence)
  }

  /** Tell who asked for it that their letter was read. Raises Refusal, KeysNotProved. */
  tellRead(read: Arrived): Promise<void> {
    return this.send(readReceipt(read, this.#clock.now()))
  }

  /** Seal and deliver. Raises Refusal, KeysNotProved. */
  async send(draft: Draft): Promise<void> {
    const { account, keyId, outgoing, pinning, sync } = this.opened
    const author = { account, key: keyId, name: this.ownName() }
    const thread = this.thread(draft.to.thread)?.letters ?? []
    await outgoing.send(draft, author, thread, this.#clock.now()).catch((error: unknown) => this.#notSent(error))
    pinning.later()
    await sync.look()
  }

  #notSent(error: unknown): never {
    this.lookIfRenewed(error)
    throw error
  }
}
