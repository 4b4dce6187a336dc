/** What is on its way out. A letter waits ten seconds, in which it can be taken back; a failure keeps it here, whole. */
import { signal } from '@preact/signals'
import { isRefusal } from '../wire/errors.ts'
import type { Cancel, Clock } from './ports.ts'
import type { Draft } from './outgoing.ts'

export const UNDO_SECONDS = 10

export type OutgoingState =
  | { readonly kind: 'waiting'; readonly until: number }
  | { readonly kind: 'sending' }
  | { readonly kind: 'sent' }
  | { readonly kind: 'failed'; readonly error: unknown }
export type OutgoingLetter = { readonly draft: Draft; readonly state: OutgoingState }

const SHOWN = 6000 // milliseconds that "sent" is shown

/** Nothing that the person could mend: it is tried again when the relay answers. */
export const isPassing = (error: unknown): boolean =>
  isRefusal(error, 'unreachable') || isRefusal(error, 'serverUnavailable') || isRefusal(error, 'timeout')

export class Outbox {
  readonly #clock: Clock
  readonly #send: (draft: Draft) => Promise<void>
  readonly #waiting = new Map<string, Cancel>()
  readonly letters = signal<readonly OutgoingLetter[]>([])

  constructor(clock: Clock, send: (draft: Draft) => Promise<void>) {
    this.#clock = clock
    this.#send = send
  }

  /** Send in ten seconds, unless {@link undo} comes first. */
  queue(draft: Draft): void {
    const until = this.#clock.now().getTime() + UNDO_SECONDS * 1000
    this.#put(draft, { kind: 'waiting', until })
    const go = (): void => {
      this.#waiting.delete(draft.message)
      void this.sendNow(draft)
    }
    this.#waiting.set(draft.message, this.#clock.later(UNDO_SECONDS * 1000, go))
  }

  /** Send at once; never rejects: the letter's state says how it went. The same draft again delivers it once. */
  async sendNow(draft: Draft): Promise<void> {
    this.#waiting.get(draft.message)?.()
    this.#waiting.delete(draft.message)
    this.#put(draft, { kind: 'sending' })
    try {
      await this.#send(draft)
      this.#putSent(draft)
    } catch (error) {
      this.#put(draft, { kind: 'failed', error })
    }
  }

  /** The relay answers: what did not reach it goes now. */
  retry(): void {
    for (const { draft, state } of this.letters.value) if (state.kind === 'failed' && isPassing(state.error)) void this.sendNow(draft)
  }

  /** The relay has these letters: none of them waits to be sent again. */
  arrive(messages: readonly string[]): void {
    for (const { draft, state } of this.letters.value) {
      if (!messages.includes(draft.message) || state.kind === 'sending' || state.kind === 'sent') continue
      this.#waiting.get(draft.message)?.()
      this.#waiting.delete(draft.message)
      this.#putSent(draft)
    }
  }

  /** Take back what still waits, or what could not be sent; undefined when it is too late. */
  undo(message: string): Draft | undefined {
    const letter = this.letters.value.find(({ draft }) => draft.message === message)
    if (letter === undefined || letter.state.kind === 'sending' || letter.state.kind === 'sent') return undefined
    this.#waiting.get(message)?.()
    this.#waiting.delete(message)
    this.#remove(message)
    return letter.draft
  }

  /** Something goes out by itself: nobody needs to be there. */
  get sending(): boolean {
    return this.letters.value.some(({ state }) => state.kind === 'waiting' || state.kind === 'sending')
  }

  get busy(): boolean {
    return this.letters.value.some(({ state }) => state.kind !== 'sent')
  }

  /** The session ended: nothing more is sent, nothing is kept. */
  close(): void {
    for (const cancel of this.#waiting.values()) cancel()
    this.#waiting.clear()
    this.letters.value = []
  }

  #putSent(draft: Draft): void {
    this.#put(draft, { kind: 'sent' })
    this.#clock.later(SHOWN, () => this.#remove(draft.message))
  }

  #put(draft: Draft, state: OutgoingState): void {
    const letter = { draft, state }
    const there = this.letters.value.some(one => one.draft.message === draft.message)
    this.letters.value = there
      ? this.letters.value.map(one => (one.draft.message === draft.message ? letter : one))
      : [...this.letters.value, letter]
  }

  #remove(message: string): void {
    this.letters.value = this.letters.value.filter(({ draft }) => draft.message !== message)
  }
}
