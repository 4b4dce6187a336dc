/**
 * What was written and not sent: text, files, and for a first letter to whom and about what. One for each exchange.
 *
 * Law: what was typed is sealed into this browser within a moment, whatever the relay does; from there it goes to the
 * person's other devices (docs/spec/content.md, "SealedState of the web client").
 */
import { signal } from '@preact/signals'
import { attachment, type Attachment } from '../content/attachment.ts'
import type { Json } from '../crypto/encoding.ts'
import type { Here } from './here.ts'
import type { Cancel, Clock } from './ports.ts'
import type { Saving } from './saving.ts'
import type { States } from './states.ts'

export type KeptDraft = {
  readonly text: string
  readonly files: readonly Attachment[]
  /** Of a first letter; empty for an answer. */
  readonly subject: string
  /** Account; null for an answer, and while nobody is chosen. */
  readonly to: string | null
}
type Kept = ReadonlyMap<string, KeptDraft>
type Fields = Readonly<Record<string, Json>>

export const EMPTY: KeptDraft = { text: '', files: [], subject: '', to: null }
const HERE = 'drafts'
const MOMENT = 250 // milliseconds until what was typed is sealed here

export const isEmpty = ({ text, files, subject, to }: KeptDraft): boolean =>
  text === '' && files.length === 0 && subject === '' && to === null

export class Drafts {
  readonly #states: States
  readonly #saving: Saving
  readonly #here: Here
  readonly #clock: Clock
  /** What the forms hold. */
  readonly all = signal<Kept>(new Map())
  /** Threads whose form the relay does not hold as it is. */
  readonly #unsaved = new Set<string>()
  #waiting: Cancel | undefined

  constructor(states: States, saving: Saving, here: Here, clock: Clock) {
    this.#states = states
    this.#saving = saving
    this.#here = here
    this.#clock = clock
  }

  /** What the relay has, and above it what only this browser has. Raises Refusal. */
  async load(): Promise<void> {
    const [there, here] = await Promise.all([this.#states.load('drafts'), this.#here.get(HERE)])
    const unsaved = draftsIn(here)
    this.all.value = withAll(draftsIn(there), unsaved)
    for (const thread of unsaved.keys()) this.#unsaved.add(thread)
    if (unsaved.size > 0) this.#save()
  }

  of(thread: string): KeptDraft {
    return this.all.value.get(thread) ?? EMPTY
  }

  write(thread: string, changes: Partial<KeptDraft>): void {
    const before = this.of(thread)
    const draft = { ...before, ...changes }
    if (JSON.stringify(draft) === JSON.stringify(before)) return
    this.all.value = withAll(this.all.value, new Map([[thread, draft]]))
    this.settle(thread)
  }

  /** Take a draft out of its form, but leave it saved: its letter is not sent yet. */
  lend(thread: string): void {
    this.all.value = withAll(this.all.value, new Map([[thread, EMPTY]]))
  }

  /** Save what the form of this thread holds now; nothing when it is empty. */
  settle(thread: string): void {
    this.#unsaved.add(thread)
    this.#waiting ??= this.#clock.later(MOMENT, () => this.#keepHere())
    this.#save()
  }

  /** Nothing more is saved; what waits is sealed here before the keys close. */
  close(): void {
    if (this.#waiting !== undefined) this.#keepHere()
  }

  #keepHere(): void {
    this.#waiting?.()
    this.#waiting = undefined
    const unsaved = Object.fromEntries([...this.#unsaved].map(thread => [thread, this.of(thread)]))
    const done = this.#unsaved.size === 0 ? this.#here.remove(HERE) : this.#here.put(HERE, unsaved)
    done.catch(() => undefined) // the worker ended: the relay has what it was told
  }

  #save(): void {
    const told = new Map<string, KeptDraft>()
    const merge = (there: Json | undefined): Json => {
      told.clear()
      for (const thread of this.#unsaved) told.set(thread, this.of(thread))
      return Object.fromEntries([...withAll(draftsIn(there), told)].map(([thread, draft]) => [thread, toJson(draft)]))
    }
    this.#saving.later('drafts', merge, () => {
      for (const [thread, draft] of told) if (this.of(thread) === draft) this.#unsaved.delete(thread)
      this.#keepHere()
    })
  }
}

/** `changes` above `there`; an empty one takes away. */
const withAll = (there: Kept, changes: Kept): Kept =>
  new Map([...there, ...changes].filter(([thread, draft]) => !isEmpty(changes.get(thread) ?? draft)))

const toJson = ({ text, files, subject, to }: KeptDraft): Json => ({ files: files as unknown as Json, subject, text, to })

const isText = (value: unknown): value is string => typeof value === 'string'

const fields = (value: Json | undefined): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}

const draftsIn = (value: Json | undefined): Kept =>
  new Map(Object.entries(fields(value)).map(([thread, draft]) => [thread, draftFrom(draft)]))

/** Before there were files in them, drafts were texts. */
function draftFrom(value: Json): KeptDraft {
  if (isText(value)) return { ...EMPTY, text: value }
  const { text, files, subject, to } = fields(value)
  return {
    text: isText(text) ? text : '',
    files: Array.isArray(files) ? files.flatMap(fileFrom) : [],
    subject: isText(subject) ? subject : '',
    to: isText(to) ? to : null,
  }
}

function fileFrom(value: Json): readonly Attachment[] {
  try {
    return [attachment(value)]
  } catch {
    return [] // of a form that this version does not know
  }
}
