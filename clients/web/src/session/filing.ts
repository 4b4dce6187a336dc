/**
 * What a person did with letters: read them, put exchanges away, labelled them (docs/spec/content.md, "SealedState of the web
 * client"). In sixteen states, by the first sign of an id, so that years of letters fit.
 */
import { signal } from '@preact/signals'
import type { Json } from '../crypto/encoding.ts'
import type { Thread } from './entries.ts'
import type { Saving } from './saving.ts'
import { FILINGS, type Label, type States } from './states.ts'

const READ_LIMIT = 1500 // letter ids in one state
const ARCHIVED_LIMIT = 250
const LABELLED_LIMIT = 100
export const LABELS_LIMIT = 8 // of one exchange
export const LABEL_LENGTH = 30 // UTF-16 code units
const SIGNS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

type Fields = Readonly<Record<string, Json>>
/** thread id -> when its last letter came that was put away: a newer one brings it back. */
type Archived = ReadonlyMap<string, string>
type Labelled = ReadonlyMap<string, readonly string[]>

const placeOf = (id: string): Label => FILINGS[SIGNS.indexOf(id.charAt(0)) % FILINGS.length] ?? FILINGS[0]

export class Filing {
  readonly #states: States
  readonly #saving: Saving
  readonly read = signal<ReadonlySet<string>>(new Set())
  readonly archived = signal<Archived>(new Map())
  readonly labels = signal<Labelled>(new Map())
  /** Threads that were filed here: of the others, what is there counts. */
  readonly #touched = new Set<string>()

  constructor(states: States, saving: Saving) {
    this.#states = states
    this.#saving = saving
  }

  /** Raises Refusal. */
  async load(): Promise<void> {
    const found = (await this.#states.loadAll(['read', ...FILINGS])).map(fields)
    this.read.value = new Set(found.flatMap(one => [...texts(one['letters']), ...texts(one['read'])]))
    this.archived.value = new Map(found.flatMap(one => [...archivedIn(one)]))
    this.labels.value = new Map(found.flatMap(one => [...labelsIn(one)]))
  }

  markRead(letters: readonly string[]): void {
    const fresh = letters.filter(id => !this.read.value.has(id))
    if (fresh.length === 0) return
    this.read.value = new Set([...this.read.value, ...fresh])
    this.#save(fresh)
  }

  isArchived({ id, last }: Thread): boolean {
    return (this.archived.value.get(id) ?? '') >= last.receivedAt
  }

  archive({ id, last }: Thread, away: boolean): void {
    const archived = new Map(this.archived.value)
    if (away) archived.set(id, last.receivedAt)
    else archived.delete(id)
    this.archived.value = archived
    this.#touch(id)
  }

  labelsOf(thread: string): readonly string[] {
    return this.labels.value.get(thread) ?? []
  }

  /** Every label there is, in the order of the language. */
  allLabels(): readonly string[] {
    return [...new Set([...this.labels.value.values()].flat())].sort((a, b) => a.localeCompare(b))
  }

  /** What is empty, too long, there already or one too many changes nothing. */
  label(thread: string, name: string, on: boolean): void {
    const clean = name.replace(/\s+/g, ' ').trim()
    const there = this.labelsOf(thread)
    const isFine = clean !== '' && clean.length <= LABEL_LENGTH && there.length < LABELS_LIMIT && !there.includes(clean)
    if (on && !isFine) return
    const wanted = on ? [...there, clean] : there.filter(one => one !== clean)
    this.labels.value = new Map([...this.labels.value, [thread, wanted]])
    this.#touch(thread)
  }

  #touch(thread: string): void {
    this.#touched.add(thread)
    this.#save([thread])
  }

  #save(ids: readonly string[]): void {
    for (const place of new Set(ids.map(placeOf))) {
      this.#saving.later(place, there => this.#merged(place, fields(there)))
    }
  }

  #merged(place: Label, there: Fields): Json {
    const own = (id: string): boolean => this.#touched.has(id) && placeOf(id) === place
    const others = <T>(map: ReadonlyMap<string, T>): readonly (readonly [string, T])[] => [...map].filter(([id]) => !own(id))
    const ours = <T>(map: ReadonlyMap<string, T>): readonly (readonly [string, T])[] => [...map].filter(([id]) => own(id))
    const read = new Set([...texts(there['read']), ...[...this.read.value].filter(id => placeOf(id) === place)])
    const archived = [...others(archivedIn(there)), ...ours(this.archived.value)].sort(([, a], [, b]) => a.localeCompare(b)).slice(-ARCHIVED_LIMIT)
    const labels = [...others(labelsIn(there)), ...ours(this.labels.value)].filter(([, names]) => names.length > 0)
    return {
      archived: Object.fromEntries(archived),
      labels: Object.fromEntries(labels.slice(-LABELLED_LIMIT)) as Json,
      read: [...read].slice(-READ_LIMIT),
    }
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'

const fields = (value: Json | undefined): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}

const texts = (value: Json | undefined): readonly string[] => (Array.isArray(value) ? value.filter(isText) : [])

const archivedIn = (one: Fields): Archived =>
  new Map(Object.entries(fields(one['archived'])).filter((entry): entry is [string, string] => isText(entry[1])))

const labelsIn = (one: Fields): Labelled =>
  new Map(Object.entries(fields(one['labels'])).map(([thread, names]) => [thread, texts(names).slice(0, LABELS_LIMIT)]))
