/**
 * What was written and not sent: text, files, and for a first letter to whom and about what. One for each exchange.
 *
 * Laws: what was typed is sealed into this browser within a moment, whatever the relay does; from there it goes to the
 * person's other devices (docs/spec/content.md, "SealedState of the web client"). What two pages typed in one draft is
 * put together, never replaced. A letter stays a draft until the relay has it; where nobody knows whether it has, the draft
 * keeps the letter's id, so that sending it again is the same letter.
 */
import { signal } from '@preact/signals'
import type { Json } from '../crypto/encoding.ts'
import { allToJson, both, draftFrom, draftsIn, edited, EMPTY, fields, inKept, isSame, letterOf, mergedAll, toJson, type Kept, type KeptDraft } from './draftforms.ts'
import type { Here } from './here.ts'
import { freshId } from './ids.ts'
import type { Cancel, Clock } from './ports.ts'
import type { Saving } from './saving.ts'
import type { States } from './states.ts'

export { isEmpty, letterOf, type KeptDraft } from './draftforms.ts'

type Parts = {
  readonly states: Pick<States, 'load'>
  readonly saving: Pick<Saving, 'later'>
  readonly here: Pick<Here, 'get' | 'put' | 'remove' | 'names'>
  readonly clock: Clock
}

const HERE = 'drafts'
const MOMENT = 250 // milliseconds until what was typed is sealed here

export class Drafts {
  readonly #parts: Parts
  /** What the forms hold. */
  readonly all = signal<Kept>(new Map())
  /** Typed, and kept nowhere but on this page: the browser has no room, and the relay does not have it yet. */
  readonly unkept = signal(false)
  /** What the relay holds, as far as this page knows. */
  #base: Kept = new Map()
  /** Letter -> what left its form, and is not sent yet. */
  readonly #lent = new Map<string, { readonly thread: string; readonly draft: KeptDraft }>()
  /** Letters that the relay has, as far as they were seen. */
  readonly #arrived = new Set<string>()
  /** Each page keeps what it typed under a name of its own. */
  readonly #place = `${HERE} ${freshId()}`
  /** What other pages kept, by name: this one saves it as well. */
  readonly #found = new Map<string, string>()
  #waiting: Cancel | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** What the relay has, and what pages in this browser had typed that it has not. Raises Refusal. */
  async load(): Promise<void> {
    const { states, here } = this.#parts
    const [there, names] = await Promise.all([states.load('drafts'), here.names(HERE)])
    this.#base = draftsIn(there)
    this.all.value = this.#base
    for (const name of names) {
      const typed = await here.get(name)
      this.#found.set(name, JSON.stringify(typed))
      const { mine, before } = typedIn(typed)
      const now = new Map([...mine.keys()].map(thread => [thread, this.of(thread)]))
      const others = [...this.all.value].filter(([thread]) => !mine.has(thread))
      this.all.value = new Map([...others, ...mergedAll(before, mine, now)])
    }
    if (this.#isUnsaved) this.#keepSoon()
    else await this.#forgetFound()
  }

  /** Another page, or another device, has saved drafts: what is new in them stands in the forms. Raises Refusal. */
  async refresh(): Promise<void> {
    const there = await this.#parts.states.load('drafts')
    if (there !== undefined) this.#take(draftsIn(there), this.#base)
    if (this.#isUnsaved) this.#save()
  }

  of(thread: string): KeptDraft {
    return inKept(this.all.value, thread)
  }

  write(thread: string, changes: Partial<Omit<KeptDraft, 'handed' | 'changed'>>): void {
    const before = this.of(thread)
    const draft = edited(before, changes)
    if (isSame(draft, before)) return
    this.#put(thread, draft)
    this.#keepSoon()
  }

  /** Take a draft out of its form, but leave it saved: `message`, which it became, is not sent yet. */
  lend(thread: string, message: string): void {
    this.#lent.set(message, { thread, draft: { ...this.of(thread), handed: [message], changed: false } })
    this.#put(thread, EMPTY)
    this.#keepSoon()
  }

  /** These letters are at the relay. Answers with the threads whose drafts were one of them, and are none any more. */
  arrive(messages: readonly string[]): readonly string[] {
    for (const message of messages) {
      this.#arrived.add(message)
      this.settle(message)
    }
    return this.#dropArrived()
  }

  /** The relay has this letter: what was lent for it is no draft any more. */
  settle(message: string): void {
    if (!this.#lent.delete(message)) return
    this.#keepHere()
    this.#save()
  }

  /** The letter is not to be sent: it stands in its form again, above what was typed there meanwhile. */
  takeBack(message: string, thread: string, draft: Pick<KeptDraft, 'text' | 'files' | 'subject' | 'to'>): void {
    this.#lent.delete(message)
    this.#put(thread, both({ ...draft, handed: [message], changed: false }, this.of(thread)))
    this.#keepSoon()
  }

  /** Nothing more is saved; what waits is sealed here before the keys close. */
  close(): void {
    if (this.#waiting !== undefined) this.#keepHere()
  }

  #put(thread: string, draft: KeptDraft): void {
    const all = new Map(this.all.value)
    if (isSame(draft, EMPTY)) all.delete(thread)
    else all.set(thread, draft)
    this.all.value = all
  }

  /** Drafts that are, word for word, a letter that the relay has. Answers with their threads. */
  #dropArrived(): readonly string[] {
    const sent = [...this.all.value].filter(([, draft]) => this.#arrived.has(letterOf(draft) ?? ''))
    for (const [thread] of sent) this.#put(thread, EMPTY)
    if (sent.length > 0) this.#keepSoon()
    return sent.map(([thread]) => thread)
  }

  /** The forms, and what was lent. */
  get #kept(): Kept {
    const all = new Map(this.all.value)
    for (const { thread, draft } of [...this.#lent.values()].reverse()) all.set(thread, both(draft, inKept(all, thread)))
    return all
  }

  /** Threads that the relay does not hold as they are here. */
  #unsaved(): readonly string[] {
    const kept = this.#kept
    const threads = new Set([...this.#base.keys(), ...kept.keys()])
    return [...threads].filter(thread => !isSame(inKept(kept, thread), inKept(this.#base, thread)))
  }

  get #isUnsaved(): boolean {
    return this.#unsaved().length > 0
  }

  #keepSoon(): void {
    this.#waiting ??= this.#parts.clock.later(MOMENT, () => this.#keepHere())
    this.#save()
  }

  #keepHere(): void {
    this.#waiting?.()
    this.#waiting = undefined
    const kept = this.#kept
    const typed = this.#unsaved().map(thread => [thread, [toJson(inKept(kept, thread)), toJson(inKept(this.#base, thread))]] as const)
    const { here } = this.#parts
    const done = typed.length === 0 ? here.remove(this.#place).then(() => true) : here.put(this.#place, Object.fromEntries(typed))
    done.then(
      isKept => {
        this.unkept.value = !isKept && this.#isUnsaved
      },
      () => undefined, // the worker ended: the relay has what it was told
    )
  }

  #save(): void {
    let [told, asOf]: [Kept, Kept] = [this.#base, this.#base]
    const merge = (there: Json | undefined): Json => {
      asOf = this.#kept
      told = mergedAll(this.#base, asOf, there === undefined ? this.#base : draftsIn(there))
      return allToJson(told)
    }
    this.#parts.saving.later('drafts', merge, () => {
      this.#take(told, asOf)
      this.#keepHere()
      if (this.#isUnsaved) this.#save()
      else this.#forgetFound().catch(() => undefined)
    })
  }

  /** The relay holds `there`; this page last agreed with it on `since`. What is new in it goes into the forms. */
  #take(there: Kept, since: Kept): void {
    const kept = this.#kept
    this.all.value = mergedAll(kept, this.all.value, mergedAll(since, kept, there))
    this.#base = there
    this.#dropArrived()
  }

  /** What other pages kept is at the relay: it goes, except what they typed since. */
  async #forgetFound(): Promise<void> {
    const { here } = this.#parts
    for (const [name, typed] of this.#found) {
      if (JSON.stringify(await here.get(name)) === typed) await here.remove(name)
      this.#found.delete(name)
    }
  }
}

/** `before`: what the relay held when it was typed. */
function typedIn(value: Json | undefined): { readonly mine: Kept; readonly before: Kept } {
  const pairs = Object.entries(fields(value)).map(([thread, one]): [string, KeptDraft, KeptDraft] => {
    const [mine, before] = Array.isArray(one) ? (one as readonly Json[]) : [one, {}] // without what was there before, in earlier versions
    return [thread, draftFrom(mine ?? {}), draftFrom(before ?? {})]
  })
  const all = (at: 1 | 2): Kept => new Map(pairs.map(pair => [pair[0], pair[at]]))
  return { mine: all(1), before: all(2) }
}
