/** What a person's devices share beside letters: what was read, drafts, and the name that others see. Saved a moment later. */
import { signal } from '@preact/signals'
import type { Json } from '../crypto/encoding.ts'
import { isRefusal } from '../wire/errors.ts'
import type { Cancel, Clock } from './ports.ts'
import type { Label, States } from './states.ts'

const READ_LIMIT = 2000 // letter ids; older ones are those before the mark `before`
const DELAY = 1200 // milliseconds between a change and its saving

type Fields = Readonly<Record<string, Json>>

export class Personal {
  readonly #states: States
  readonly #clock: Clock
  readonly #waiting = new Map<Label, Cancel>()
  readonly read = signal<ReadonlySet<string>>(new Set())
  /** thread id -> text that was not sent yet. */
  readonly drafts = signal<ReadonlyMap<string, string>>(new Map())
  readonly name = signal('')

  constructor(states: States, clock: Clock) {
    this.#states = states
    this.#clock = clock
  }

  /** Raises Refusal. */
  async load(): Promise<void> {
    const [read, drafts, profile] = await Promise.all([
      this.#states.load('read'),
      this.#states.load('drafts'),
      this.#states.load('profile'),
    ])
    this.read.value = new Set(texts(fields(read)['letters']))
    this.drafts.value = new Map(Object.entries(fields(drafts)).flatMap(([id, text]) => (isText(text) ? [[id, text]] : [])))
    const name = fields(profile)['name']
    if (isText(name)) this.name.value = name
  }

  markRead(letters: readonly string[]): void {
    const fresh = letters.filter(id => !this.read.value.has(id))
    if (fresh.length === 0) return
    this.read.value = new Set([...this.read.value, ...fresh])
    this.#later('read', there => {
      const all = new Set([...texts(fields(there)['letters']), ...this.read.value])
      return { letters: [...all].slice(-READ_LIMIT) }
    })
  }

  keepDraft(thread: string, text: string): void {
    if ((this.drafts.value.get(thread) ?? '') === text) return
    const drafts = new Map(this.drafts.value)
    if (text === '') drafts.delete(thread)
    else drafts.set(thread, text)
    this.drafts.value = drafts
    this.saveDraft(thread)
  }

  /** Take a draft out of its form, but leave it saved: its letter is not sent yet. */
  lendDraft(thread: string): void {
    const { [thread]: _lent, ...others } = Object.fromEntries(this.drafts.value)
    this.drafts.value = new Map(Object.entries(others))
    this.#waiting.get('drafts')?.()
  }

  /** Save what the form of this thread holds now; nothing when it is empty. */
  saveDraft(thread: string): void {
    this.#later('drafts', there => {
      const { [thread]: _saved, ...others } = { ...fields(there), ...Object.fromEntries(this.drafts.value) }
      const text = this.drafts.value.get(thread) ?? ''
      return text === '' ? others : { ...others, [thread]: text }
    })
  }

  setName(name: string): void {
    this.name.value = name
    this.#later('profile', there => ({ ...fields(there), name: this.name.value }))
  }

  /** Nothing more is saved: the session ended. */
  close(): void {
    for (const cancel of this.#waiting.values()) cancel()
    this.#waiting.clear()
  }

  #later(label: Label, merge: (there: Json | undefined) => Json): void {
    this.#waiting.get(label)?.()
    const save = (): void => {
      this.#waiting.delete(label)
      this.#states.save(label, merge).catch((error: unknown) => {
        // The page still has it. A relay that is away is tried again; what is too large stays on this page only.
        if (isRefusal(error, 'unreachable')) this.#later(label, merge)
      })
    }
    this.#waiting.set(label, this.#clock.later(DELAY, save))
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'

const fields = (value: Json | undefined): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}

const texts = (value: Json | undefined): readonly string[] => (Array.isArray(value) ? value.filter(isText) : [])
