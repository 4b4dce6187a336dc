/** A person who is there when the test says so. */
import type { Presence } from '../../src/session/ports.ts'

export class FakePresence implements Presence {
  readonly #active = new Set<() => void>()
  readonly #returns = new Set<() => void>()

  readonly onReturn = (work: () => void): (() => void) => listen(this.#returns, work)
  readonly onActivity = (work: () => void): (() => void) => listen(this.#active, work)
  readonly guard = (): (() => void) => () => undefined

  touch(): void {
    for (const work of [...this.#active]) work()
  }

  comeBack(): void {
    for (const work of [...this.#returns]) work()
  }
}

function listen(all: Set<() => void>, work: () => void): () => void {
  all.add(work)
  return () => void all.delete(work)
}
