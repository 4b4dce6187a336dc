/** Puts the keys that were seen into the key box, a moment after they were seen: they are known after a reload then. */
import { CryptoError } from '../crypto/errors.ts'
import type { Unlocked } from '../crypto/operations.ts'
import { isRefusal } from '../wire/errors.ts'
import type { Box } from './box.ts'
import type { Keyring } from './keyring.ts'
import type { Cancel, Clock } from './ports.ts'

const DELAY = 3000 // milliseconds: one new version for all that came together

export class PinSaver {
  readonly #box: Box
  readonly #keyring: Keyring
  readonly #clock: Clock
  #unlocked: Unlocked
  #waiting: Cancel | undefined
  #ended = false

  constructor(box: Box, keyring: Keyring, clock: Clock, unlocked: Unlocked) {
    this.#box = box
    this.#keyring = keyring
    this.#clock = clock
    this.#unlocked = unlocked
  }

  /** Nothing happens when the box has them all. */
  later(): void {
    if (this.#ended || this.#waiting !== undefined || Object.keys(this.#keyring.fresh).length === 0) return
    this.#waiting = this.#clock.later(DELAY, () => void this.#save())
  }

  close(): void {
    this.#ended = true
    this.#waiting?.()
  }

  /** What fails is tried again with the next arrival: meanwhile the pins hold in this page. */
  async #save(): Promise<void> {
    try {
      this.#unlocked = await this.#box.pin(this.#unlocked, this.#keyring.fresh)
      this.#keyring.kept(this.#unlocked.pins)
    } catch (error) {
      // Refused, or a box that another device gave a new key: this page goes on with what it has.
      if (!isRefusal(error) && !(error instanceof CryptoError)) throw error
    } finally {
      this.#waiting = undefined
    }
  }
}
