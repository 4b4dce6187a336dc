/**
 * Notices that nobody has used the page for half an hour (docs/spec/keybox.md, Keeping a page open). It locks nothing itself.
 *
 * Law: activity after the limit does not extend it: whoever comes back to a device that slept finds the page locked.
 */
import { signal } from '@preact/signals'
import type { Cancel, Ports } from './ports.ts'

export const IDLE_LIMIT = 30 * 60_000 // milliseconds
/** Whoever is still there is told before, and stays by any key or touch (WCAG 2.2, 2.2.1). */
export const IDLE_WARNING = 2 * 60_000 // milliseconds before the limit

const MARK = 'active' // the last activity in any tab: all of them share the key that is kept
const MARK_EVERY = 30_000 // milliseconds: not every key stroke is written down

export class Idle {
  readonly #ports: Pick<Ports, 'clock' | 'presence' | 'lasting'>
  readonly #isBusy: () => boolean
  readonly #onIdle: () => void
  /** The limit is near, and nobody has moved. */
  readonly ending = signal(false)
  #last = 0
  #stops: readonly Cancel[] = []
  #due: Cancel = () => undefined

  /** While `isBusy` says true something is on its way that nobody needs to watch: the time begins anew. */
  constructor(ports: Pick<Ports, 'clock' | 'presence' | 'lasting'>, isBusy: () => boolean, onIdle: () => void) {
    this.#ports = ports
    this.#isBusy = isBusy
    this.#onIdle = onIdle
  }

  /** Whether the last activity in this browser was too long ago; false when none is known. */
  isOver(): boolean {
    const mark = this.#mark()
    return mark > 0 && this.#now() - mark >= IDLE_LIMIT
  }

  start(): void {
    this.stop()
    this.#note()
    const { presence } = this.#ports
    this.#stops = [presence.onActivity(() => this.#active()), presence.onReturn(() => this.#look())]
    this.#look()
  }

  stop(): void {
    for (const stop of this.#stops) stop()
    this.#stops = []
    this.#due()
    this.ending.value = false
  }

  /** The session ended: when this browser was used is nobody's business. */
  forget(): void {
    this.#ports.lasting.remove(MARK)
  }

  #active(): void {
    if (this.#left() > 0) this.#note()
    if (this.#left() <= 0 || this.ending.value) this.#look()
  }

  /** Now, and again when it is due. */
  #look(): void {
    this.#due()
    if (this.#isBusy()) this.#note()
    const left = this.#left()
    this.ending.value = left > 0 && left <= IDLE_WARNING
    if (left <= 0) this.#onIdle()
    else this.#due = this.#ports.clock.later(left > IDLE_WARNING ? left - IDLE_WARNING : left, () => this.#look())
  }

  #left(): number {
    return IDLE_LIMIT - (this.#now() - Math.max(this.#last, this.#mark()))
  }

  #note(): void {
    this.#last = this.#now()
    if (this.#last - this.#mark() >= MARK_EVERY) this.#ports.lasting.set(MARK, String(this.#last))
  }

  /** Zero where there is none; one of the future is none: the clock was set back. */
  #mark(): number {
    const mark = Number(this.#ports.lasting.get(MARK) ?? 0)
    return mark > 0 && mark <= this.#now() ? mark : 0
  }

  #now(): number {
    return this.#ports.clock.now().getTime()
  }
}
