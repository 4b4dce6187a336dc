/** Puts the keys and the log that were seen into the key box, a moment later: they are known after a reload then. */
import { signal, type ReadonlySignal } from '@preact/signals'
import { CryptoError } from '../crypto/errors.ts'
import type { SeenLog, Unlocked } from '../crypto/operations.ts'
import { isRefusal } from '../wire/errors.ts'
import type { Box } from './box.ts'
import type { KeyLog } from './keylog.ts'
import type { Keyring } from './keyring.ts'
import type { Cancel, Clock } from './ports.ts'

const DELAY = 3000 // milliseconds: one new version for all that came together
const AGAIN = 30_000 // milliseconds: after one that failed
const TOLD_AFTER = 3 // failures in a row

export class PinSaver {
  readonly #box: Box
  readonly #keyring: Keyring
  readonly #log: KeyLog
  readonly #clock: Clock
  #unlocked: Unlocked
  #waiting: Cancel | undefined
  #failures = 0
  readonly #failing = signal(false)
  #ended = false

  constructor(box: Box, keyring: Keyring, log: KeyLog, clock: Clock, unlocked: Unlocked) {
    this.#box = box
    this.#keyring = keyring
    this.#log = log
    this.#clock = clock
    this.#unlocked = unlocked
  }

  /** Whether what was seen cannot be put into the box, again and again: the next page would not know it. */
  get failing(): ReadonlySignal<boolean> {
    return this.#failing
  }

  /** Nothing happens when the box has them all. That the log grew is written with the next pin. */
  later(delay = DELAY): void {
    const isDue = Object.keys(this.#keyring.fresh).length > 0 || this.#log.isDue
    if (this.#ended || this.#waiting !== undefined || !isDue) return
    this.#waiting = this.#clock.later(delay, () => void this.#save())
  }

  close(): void {
    this.#ended = true
    this.#waiting?.()
  }

  /** What fails is tried again later, or with the next arrival: meanwhile the pins hold in this page. */
  async #save(): Promise<void> {
    const isKept = await this.#isKept()
    this.#waiting = undefined
    this.#failures = isKept ? 0 : this.#failures + 1
    this.#failing.value = this.#failures >= TOLD_AFTER
    if (!isKept) this.later(AGAIN)
    else if (Object.keys(this.#keyring.fresh).length > 0) this.later() // seen while the box was written
  }

  async #isKept(): Promise<boolean> {
    try {
      const checkpoint = (there: SeenLog | null): SeenLog | null => this.#log.merged(there)
      this.#unlocked = await this.#box.pin(this.#unlocked, { pins: this.#keyring.fresh, checkpoint })
      this.#keyring.kept(this.#unlocked.pins)
      this.#log.kept(this.#unlocked.lastCheckpoint)
      return true
    } catch (error) {
      // Refused, or a box that another device gave a new key: this page goes on with what it has.
      if (!isRefusal(error) && !(error instanceof CryptoError)) throw error
      return false
    }
  }
}
