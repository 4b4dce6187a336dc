/**
 * Keeps the page's copy of the mailbox like the relay's: everything once, then what changed.
 *
 * Laws: an event is a hint and the state is the truth; one look at a time, and a hint during a look brings another.
 */
import { isRefusal } from '../wire/errors.ts'
import { POLL_SECONDS } from '../wire/limits.ts'
import type { SealedMessage } from '../wire/types.ts'
import type { Entry } from './entries.ts'
import type { Cancel, Clock, Presence } from './ports.ts'
import type { Reader } from './reader.ts'
import type { Transport } from './transport.ts'

const PAGE = 50
const PASSES = 8 // through a mailbox that changes while it is read; changes() tells the rest
const PAGES = 4000 // 200,000 letters: what a relay names beyond that is not asked for
const ROUNDS = 1000 // of changes in one look
const BACKOFF_LIMIT = 30_000 // milliseconds

export interface Listener {
  /** `first` while the mailbox is read for the first time: then nothing is news. */
  readonly onEntries: (entries: readonly Entry[], first: boolean) => void
  readonly onGone: (ids: readonly string[]) => void
  /** Everything that the relay had at this state was told. */
  readonly onState: (state: string) => void
  readonly onReachable: (reachable: boolean) => void
  readonly onLoaded: () => void
  /** What else may have changed is asked for here, at each look. Raises Refusal. */
  readonly onLook: () => Promise<void>
  /** Everything that came was read: what the letters brought is judged here, all at once. Raises Refusal. */
  readonly onRead: () => Promise<void>
  readonly onEnded: () => void
  /** States of this mailbox were saved, by this page or another. */
  readonly onStates: () => void
}

/** What this browser kept of the mailbox: how far it goes, the letters of it, and those that were not read yet. */
export type Resumed = { readonly state: string; readonly ids: readonly string[]; readonly again: readonly string[] }

export class Sync {
  readonly #transport: Transport
  readonly #reader: Reader
  readonly #account: string
  readonly #listener: Listener
  readonly #clock: Clock
  readonly #presence: Presence
  readonly #ending = new AbortController()
  readonly #again = new Set<string>()
  /** Message -> when this page had looked at everything without it; undefined for what stood there at the first look. */
  readonly #notBefore = new Map<string, string | undefined>()
  /** The letters that were told, and not taken back. */
  readonly #told = new Set<string>()
  /** When the last look began that saw everything. */
  #complete: string | undefined
  #state: string | undefined
  #looking: Promise<void> | undefined
  #hinted = false
  #poll: Cancel = () => undefined
  #wake: Cancel = () => undefined

  constructor(parts: {
    readonly transport: Transport
    readonly reader: Reader
    readonly account: string
    readonly listener: Listener
    readonly clock: Clock
    readonly presence: Presence
    readonly resumed?: Resumed | undefined
  }) {
    this.#transport = parts.transport
    this.#reader = parts.reader
    this.#account = parts.account
    this.#listener = parts.listener
    this.#clock = parts.clock
    this.#presence = parts.presence
    this.#state = parts.resumed?.state
    for (const id of parts.resumed?.ids ?? []) this.#told.add(id)
    for (const id of parts.resumed?.again ?? []) this.#again.add(id)
  }

  start(): void {
    const stop = this.#presence.onReturn(() => {
      this.#wake()
      void this.look()
    })
    this.#ending.signal.addEventListener('abort', stop)
    void this.#watch()
    this.#pollLater()
  }

  stop(): void {
    this.#ending.abort()
    this.#poll()
    this.#wake()
  }

  /** Bring the page's copy up to date. Never rejects: the listener hears how it went. */
  look(): Promise<void> {
    if (this.#looking !== undefined) {
      this.#hinted = true
      return this.#looking
    }
    this.#looking = this.#lookOnce().finally(() => {
      this.#looking = undefined
      if (!this.#hinted || this.#ended) return
      this.#hinted = false
      void this.look()
    })
    return this.#looking
  }

  get #ended(): boolean {
    return this.#ending.signal.aborted
  }

  async #lookOnce(): Promise<void> {
    const began = this.#clock.now().toISOString()
    try {
      await this.#listener.onLook()
      const wasWhole = this.#state === undefined ? await this.#readAll() : await this.#readChanges(this.#state)
      if (wasWhole) this.#complete = began
      await this.#listener.onRead()
      this.#tell(true)
    } catch (error) {
      if (!isRefusal(error)) throw error
      if (error.kind === 'unauthorized') this.#listener.onEnded()
      else if (error.kind === 'cannotCalculateChanges') this.#state = undefined
      else this.#tell(false)
    }
  }

  #tell(reachable: boolean): void {
    if (!this.#ended) this.#listener.onReachable(reachable)
  }

  /** True when everything was seen. */
  async #readAll(): Promise<boolean> {
    // The state comes first: what arrives while everything is read is then a change.
    const { state } = await this.#transport.call('SealedMessage/get', { accountId: this.#account, ids: [] })
    const had = new Set<string>()
    let pass = 1
    while (pass <= PASSES && (await this.#readPages(had))) pass += 1
    const whole = pass <= PASSES && !this.#ended
    if (whole) this.#takeBack([...this.#told].filter(id => !had.has(id)))
    this.#reach(state)
    this.#listener.onLoaded()
    return whole
  }

  /**
   * Every page once, without the letters in `had`; true when the order changed meanwhile.
   *
   * What is destroyed between two pages shifts those after it: one may then stand on neither page.
   */
  async #readPages(had: Set<string>): Promise<boolean> {
    let began: string | undefined
    for (let at = 0; at < PAGES && !this.#ended; at++) {
      const page = { accountId: this.#account, position: at * PAGE, limit: PAGE }
      const { ids = [], queryState } = await this.#transport.call('SealedMessage/query', page)
      began ??= queryState
      if (queryState !== began) return true
      const fresh = ids.slice(0, PAGE).filter(id => !had.has(id))
      await this.#fetch(fresh.filter(id => !this.#told.has(id)), true)
      for (const id of fresh) had.add(id)
      if (ids.length < PAGE) return false
    }
    return false
  }

  /** True when everything was seen. */
  async #readChanges(since: string): Promise<boolean> {
    let state = since
    for (let round = 1; round <= ROUNDS && !this.#ended; round++) {
      const { newState, hasMoreChanges } = await this.#readSome(state)
      if (!hasMoreChanges) return !this.#ended
      // A relay that has more to say and never gets on is not asked for ever: the next look goes on from here.
      if (newState === state) return false
      state = newState
    }
    return false
  }

  async #readSome(sinceState: string): Promise<{ readonly newState: string; readonly hasMoreChanges: boolean }> {
    const changes = { accountId: this.#account, sinceState }
    const { created, updated, destroyed, newState, hasMoreChanges } = await this.#transport.call(
      'SealedMessage/changes',
      changes,
    )
    await this.#fetch([...new Set([...created, ...updated, ...this.#again])], false)
    this.#takeBack(destroyed)
    this.#reach(newState)
    return { newState, hasMoreChanges }
  }

  #takeBack(ids: readonly string[]): void {
    for (const id of ids) this.#told.delete(id)
    if (ids.length > 0) this.#listener.onGone(ids)
  }

  #reach(state: string): void {
    this.#state = state
    if (!this.#ended) this.#listener.onState(state)
  }

  async #fetch(ids: readonly string[], first: boolean): Promise<void> {
    for (let at = 0; at < ids.length; at += PAGE) await this.#fetchPage(ids.slice(at, at + PAGE), first)
  }

  async #fetchPage(ids: readonly string[], first: boolean): Promise<void> {
    const { list } = await this.#transport.call('SealedMessage/get', { accountId: this.#account, ids })
    const place = new Map(ids.map((id, at) => [id, at]))
    const asked = list.filter(({ id }) => place.has(id))
    const ordered = asked.toSorted((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0))
    await this.#reader.prepare(ordered)
    const entries: Entry[] = []
    for (const message of ordered) {
      if (this.#ended) return
      entries.push(await this.#readOne(message))
    }
    if (!this.#ended && entries.length > 0) this.#listener.onEntries(entries, first)
  }

  async #readOne(message: SealedMessage): Promise<Entry> {
    if (!this.#notBefore.has(message.id)) this.#notBefore.set(message.id, this.#complete)
    const entry = await this.#reader.read(message, this.#notBefore.get(message.id))
    // What the network or the key log kept from being read is asked for again at the next look.
    if (entry.kind === 'unreadable' && (entry.reason === 'notFetched' || entry.reason === 'notProved')) this.#again.add(entry.id)
    else this.#again.delete(message.id)
    this.#told.add(message.id)
    return entry
  }

  /** The event stream, for as long as the session lasts. */
  async #watch(): Promise<void> {
    let failures = 0
    for (let streams = 0; !this.#ending.signal.aborted; streams++) {
      await this.look()
      if (streams > 0 && !this.#ended) this.#listener.onStates() // what no stream told
      failures = (await this.#listen()) ? 0 : failures + 1
      await this.#pause(failures)
    }
  }

  /** Read one stream to its end; true when anything came. */
  async #listen(): Promise<boolean> {
    let heard = false
    try {
      for await (const { changed } of this.#transport.events(this.#ending.signal)) {
        heard = true
        if (changed[this.#account]?.['SealedState'] !== undefined) this.#listener.onStates()
        void this.look()
      }
    } catch {
      // A stream that breaks is opened again; whether the relay is there is what look() says.
    }
    return heard
  }

  /** Wait before the next attempt, each time longer and never all clients at once; coming back to the page ends it. */
  #pause(failures: number): Promise<void> {
    const longest = Math.min(BACKOFF_LIMIT, 1000 * 2 ** failures)
    return new Promise(resolve => {
      const cancel = this.#clock.later(longest * (0.5 + this.#clock.random() / 2), resolve)
      this.#wake = () => {
        cancel()
        resolve()
      }
    })
  }

  #pollLater(): void {
    if (this.#ended) return
    this.#poll = this.#clock.later(POLL_SECONDS * 1000, () => {
      void this.look()
      this.#pollLater()
    })
  }
}
