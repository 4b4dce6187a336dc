/**
 * The letters that were opened, kept sealed by this browser: the next page shows them at once, also without the relay.
 *
 * Laws: pieces are only added, and the list of them is written after them, with the relay's state that they reach; when one
 * is missing, all are as if they were not there. The relay stays the state of truth.
 */
import type { Arrived, Entry } from './entries.ts'
import type { Here } from './here.ts'
import { freshId } from './ids.ts'
import type { Cancel, Clock } from './ports.ts'

const FORM = 1 // of what is kept: another one is not read
const PIECE = 256 // letters in one piece
const MANY = 48 // pieces: then they are written anew, as few
const DELAY = 1500 // milliseconds: one writing for what comes together
const LIST = 'letters'
const PIECE_NAME = 'letters '

type List = { readonly form: number; readonly state: string; readonly pieces: readonly string[]; readonly gone: readonly string[]; readonly again: readonly string[] }
/** `again`: letters that were not read yet. */
export type Restored = { readonly state: string; readonly letters: readonly Arrived[]; readonly again: readonly string[] }

export class Cache {
  readonly #here: Here
  readonly #clock: Clock
  #pieces: readonly string[] = []
  readonly #gone = new Set<string>()
  readonly #again = new Set<string>()
  #fresh: Arrived[] = []
  #state: string | undefined
  #waiting: Cancel | undefined
  #writing: Promise<void> = Promise.resolve()
  /** Something could not be kept: what is written after it would have a hole. */
  #broken = false

  constructor(here: Here, clock: Clock) {
    this.#here = here
    this.#clock = clock
  }

  /** What was kept; undefined when nothing whole was. */
  async restore(): Promise<Restored | undefined> {
    const list = asList(await this.#here.get(LIST))
    if (list === undefined) return this.#forget()
    const pieces = await Promise.all(list.pieces.map(async piece => this.#here.get(PIECE_NAME + piece)))
    if (pieces.some(piece => !Array.isArray(piece))) return this.#forget()
    const gone = new Set(list.gone)
    // A letter that was read again stands in a later piece.
    const letters = new Map((pieces.flat() as unknown as readonly Arrived[]).map(one => [one.id, one]))
    for (const id of gone) letters.delete(id)
    for (const id of list.again) this.#again.add(id)
    if (list.pieces.length > MANY) this.#fresh = [...letters.values()]
    else {
      this.#pieces = list.pieces
      this.#state = list.state
      for (const id of gone) this.#gone.add(id)
    }
    return { state: list.state, letters: [...letters.values()], again: list.again }
  }

  add(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.kind === 'unreadable') this.#again.add(entry.id)
      else {
        this.#again.delete(entry.id)
        this.#gone.delete(entry.id)
        this.#fresh.push(entry)
      }
    }
  }

  remove(ids: readonly string[]): void {
    for (const id of ids) {
      this.#gone.add(id)
      this.#again.delete(id)
    }
    this.#fresh = this.#fresh.filter(({ id }) => !ids.includes(id))
  }

  /** All that the relay had at this state was added. */
  reached(state: string): void {
    if (state === this.#state && this.#fresh.length === 0) return
    this.#state = state
    this.#waiting ??= this.#clock.later(DELAY, () => {
      this.#waiting = undefined
      this.#write()
    })
  }

  /** What waits is written now: the keys are about to be closed. */
  close(): void {
    if (this.#waiting === undefined) return
    this.#waiting()
    this.#waiting = undefined
    this.#write()
  }

  #write(): void {
    const [fresh, state] = [this.#fresh, this.#state]
    if (state === undefined) return
    this.#fresh = []
    this.#writing = this.#writing
      .then(() => (this.#broken ? undefined : this.#append(fresh, state)))
      .catch(() => {
        this.#broken = true // the worker was closed, or the browser keeps nothing: it is fetched again
      })
  }

  async #append(fresh: readonly Arrived[], state: string): Promise<void> {
    const added: string[] = []
    for (let at = 0; at < fresh.length; at += PIECE) {
      const piece = freshId()
      const kept = await this.#here.put(PIECE_NAME + piece, fresh.slice(at, at + PIECE))
      if (!kept) {
        this.#broken = true
        return this.#here.remove(LIST)
      }
      added.push(piece)
    }
    const isFirst = this.#pieces.length === 0
    this.#pieces = [...this.#pieces, ...added]
    const list: List = { form: FORM, state, pieces: this.#pieces, gone: [...this.#gone], again: [...this.#again] }
    await this.#here.put(LIST, list)
    if (isFirst) await this.#sweep()
  }

  /** Pieces that no list names any more. Another tab's are rather fetched again than read without their list. */
  async #sweep(): Promise<void> {
    const named = new Set(this.#pieces.map(piece => PIECE_NAME + piece))
    const old = (await this.#here.names(PIECE_NAME)).filter(name => !named.has(name))
    if (old.length > 0) await this.#here.remove(...old)
  }

  async #forget(): Promise<undefined> {
    const pieces = await this.#here.names(PIECE_NAME)
    if (pieces.length > 0) await this.#here.remove(LIST, ...pieces)
    return undefined
  }
}

function asList(value: unknown): List | undefined {
  const list = value as List | undefined
  return list?.form === FORM ? list : undefined
}
