/** Saves what a person's devices share a moment after it changed, and again while the relay is away. */
import { isRefusal } from '../wire/errors.ts'
import type { Json } from '../crypto/encoding.ts'
import type { Cancel, Clock } from './ports.ts'
import type { Label, States } from './states.ts'

const DELAY = 1200 // milliseconds between a change and its saving
const AGAIN = 5000 // milliseconds: after one that did not reach the relay

export class Saving {
  readonly #states: States
  readonly #clock: Clock
  readonly #waiting = new Map<Label, Cancel>()
  readonly #onEnded: () => void
  #ended = false

  /** `onEnded`: the relay knows this log-in no more. */
  constructor(states: States, clock: Clock, onEnded: () => void = () => undefined) {
    this.#states = states
    this.#clock = clock
    this.#onEnded = onEnded
  }

  /** `merge` is asked when it is saved, and again when another device was faster. `onSaved`: it is at the relay. */
  later(label: Label, merge: (there: Json | undefined) => Json, onSaved: () => void = () => undefined, delay = DELAY): void {
    this.#waiting.get(label)?.()
    if (this.#ended) return
    const save = async (): Promise<void> => {
      this.#waiting.delete(label)
      try {
        await this.#states.save(label, merge)
        onSaved()
      } catch (error) {
        if (this.#ended) return // the keys are closed: what was typed is kept here
        if (!isRefusal(error)) throw error
        if (error.kind === 'unauthorized') { this.#onEnded(); return; }
        // The page still has it. What is too large stays on this page only.
        if (error.kind !== 'tooLarge' && !this.#waiting.has(label)) this.later(label, merge, onSaved, AGAIN)
      }
    }
    this.#waiting.set(label, this.#clock.later(delay, () => void save()))
  }

  /** Nothing more is saved: the session ended. */
  close(): void {
    this.#ended = true
    for (const cancel of this.#waiting.values()) cancel()
    this.#waiting.clear()
  }
}
