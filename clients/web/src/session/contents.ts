/** Everything that came, as the folds that pages show. Emptied when the mailbox closes. */
import { computed, signal } from '@preact/signals'
import { knownPeople } from './aim.ts'
import { agenda, arrived, exchanges, filed, threads, unreadable, type AgendaEntry, type Arrived, type Entry, type Exchange, type Thread } from './entries.ts'
import { isReceipt } from './receipts.ts'

export class Contents {
  readonly #entries = signal<ReadonlyMap<string, Entry>>(new Map())
  /** sender and letter id -> the relay's id of the entry that shows it. */
  readonly #shown = new Map<string, string>()
  /** The letters that arrived last, to be announced. */
  readonly news = signal<readonly Arrived[]>([])
  readonly list = computed(() => [...this.#entries.value.values()])
  readonly #exchanges = computed(() => exchanges(this.list.value))
  readonly unreadable = computed(() => unreadable(this.list.value))
  readonly agenda = computed<readonly AgendaEntry[]>(() => agenda(this.list.value))
  readonly record = computed(() => filed(this.list.value))
  readonly people = computed(() => knownPeople(arrived(this.list.value)))
  readonly threads

  /** `isRead` may read signals: the threads follow them. */
  constructor(isRead: (entry: Arrived) => boolean) {
    const known = new WeakMap<Exchange, Thread>()
    this.threads = computed<readonly Thread[]>(() => threads(this.#exchanges.value, isRead, known))
  }

  /** `first` while the mailbox is read for the first time: then nothing is news. Answers with what was not there before. */
  add(entries: readonly Entry[], first: boolean): readonly Entry[] {
    const before = this.#entries.value
    const fresh = entries.filter(entry => !this.#isCopy(entry))
    this.#entries.value = new Map([...before, ...fresh.map(entry => [entry.id, entry] as const)])
    const added = fresh.filter(({ id }) => !before.has(id))
    const isNews = (entry: Entry): entry is Arrived => entry.kind === 'arrived' && entry.box === 'in' && !isReceipt(entry.letter)
    const news = added.filter(isNews)
    if (!first && news.length > 0) this.news.value = news
    return added
  }

  remove(ids: readonly string[]): void {
    const gone = new Set(ids)
    for (const [name, id] of this.#shown) if (gone.has(id)) this.#shown.delete(name)
    this.#entries.value = new Map([...this.#entries.value].filter(([id]) => !gone.has(id)))
  }

  clear(): void {
    this.#shown.clear()
    this.#entries.value = new Map()
    this.news.value = []
  }

  /**
   * The same letter under another of the relay's ids: the same bytes are one letter. A letter's id is its sender's: another
   * sender's letter of the same id is another letter.
   */
  #isCopy(entry: Entry): boolean {
    if (entry.kind === 'unreadable') return false
    const name = `${entry.letter.sender.account} ${entry.letter.message}`
    const shown = this.#shown.get(name)
    if (shown === undefined) this.#shown.set(name, entry.id)
    return shown !== undefined && shown !== entry.id
  }
}

/** A letter that nothing here opens may be for keys that another device made meanwhile. */
export const isForOtherKeys = (entry: Entry): boolean =>
  entry.kind === 'unreadable' && (entry.reason === 'cannotOpen' || entry.reason === 'sealedToOtherKey')

