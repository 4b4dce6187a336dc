/** A clock that stands still until it is told to go on. */
import type { Clock } from '../../src/session/ports.ts'

export class FakeClock implements Clock {
  #time = Date.parse('2024-03-12T10:00:00Z')
  #waiting: { at: number; work: () => void }[] = []

  readonly now = (): Date => new Date(this.#time)
  readonly random = (): number => 0.5

  readonly later = (milliseconds: number, work: () => void): (() => void) => {
    const one = { at: this.#time + milliseconds, work }
    this.#waiting.push(one)
    return () => {
      this.#waiting = this.#waiting.filter(other => other !== one)
    }
  }

  /** Let time pass; what is due runs, the earliest first. */
  pass(milliseconds: number): void {
    this.#time += milliseconds
    const due = this.#waiting.filter(({ at }) => at <= this.#time).sort((a, b) => a.at - b.at)
    this.#waiting = this.#waiting.filter(({ at }) => at > this.#time)
    for (const { work } of due) work()
  }
}
