/** Looks at the key box when something says that another device changed it: seldom, however many letters say so. */
import { CryptoError } from '../crypto/errors.ts'
import { isRefusal } from '../wire/errors.ts'
import type { Box } from './box.ts'
import { KeysNotProved } from './distrust.ts'
import type { Clock } from './ports.ts'

const EVERY = 60_000 // milliseconds between two looks

export class BoxWatch {
  readonly #box: Pick<Box, 'refresh'>
  readonly #clock: Pick<Clock, 'now'>
  #looked = 0

  constructor(box: Pick<Box, 'refresh'>, clock: Pick<Clock, 'now'>) {
    this.#box = box
    this.#clock = clock
  }

  /** A letter that nothing here opens may be for keys that another device made meanwhile. */
  look(): void {
    const now = this.#clock.now().getTime()
    if (now - this.#looked < EVERY) return
    this.#looked = now
    this.#box.refresh().catch((error: unknown) => {
      if (!isRefusal(error) && !(error instanceof CryptoError)) throw error
    })
  }

  /** One's own line has grown without this page: another device renewed the keys. */
  lookIfRenewed(error: unknown): void {
    if (error instanceof KeysNotProved && error.reason === 'ownKeyChanged') this.look()
  }
}
