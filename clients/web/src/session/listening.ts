/** What each look at the relay means for the mailbox that is open. One for each opening. */
import type { Signal } from '@preact/signals'
import { isRefusal } from '../wire/errors.ts'
import type { Contact } from '../wire/types.ts'
import type { BoxWatch } from './boxwatch.ts'
import { type Contents, isForOtherKeys } from './contents.ts'
import { arrived, type Entry } from './entries.ts'
import type { Opened } from './opened.ts'
import type { Listener } from './sync.ts'
import type { Transport } from './transport.ts'

type Parts = {
  readonly account: string
  readonly transport: Transport
  readonly contents: Contents
  readonly contacts: Signal<ReadonlyMap<string, Contact>>
  readonly reachable: Signal<boolean>
  readonly loaded: Signal<boolean>
  readonly boxWatch: BoxWatch
  /** What is open now: nothing before it is, and after it was closed. */
  readonly open: () => Opened | undefined
  readonly onEnded: () => void
  /** The keys of a mailbox that was opened without the relay are not the person's. */
  readonly onNotProved: () => Promise<void>
  /** The person may act for this account no more. */
  readonly onNotHeld: () => void
}

export class Listening implements Listener {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  readonly onEntries = (entries: readonly Entry[], first: boolean): void => {
    const { contents, boxWatch } = this.#parts
    this.#open?.writing.arrive(ownLetters(entries))
    const added = contents.add(entries, first)
    this.#open?.cache.add(entries)
    if (first) return
    if (added.length > 0) this.#open?.pinning.later()
    if (entries.some(isForOtherKeys)) boxWatch.look()
  }

  readonly onGone = (ids: readonly string[]): void => {
    this.#parts.contents.remove(ids)
    this.#open?.cache.remove(ids)
  }

  readonly onState = (state: string): void => this.#open?.cache.reached(state)

  readonly onReachable = (reachable: boolean): void => {
    this.#parts.reachable.value = reachable
    if (reachable) this.#open?.writing.outbox.retry()
  }

  readonly onLoaded = (): void => {
    this.#parts.loaded.value = true
    this.#open?.pinning.later()
  }

  readonly onLook = async (): Promise<void> => {
    const { account, transport, contacts } = this.#parts
    const { list } = await transport.call('Contact/get', { accountId: account }).catch((error: unknown) => this.#notHeld(error))
    contacts.value = new Map(list.map(contact => [contact.peer, contact]))
    await this.#prove()
    await this.#recheck()
  }

  readonly onRead = async (): Promise<void> => this.#open?.log.prove()

  readonly onEnded = (): void => this.#parts.onEnded()

  readonly onStates = (): void => void this.#open?.drafts.refresh().catch(unlessRefused)

  get #open(): Opened | undefined {
    return this.#parts.open()
  }

  /** An account that the person may act for no more is left: what ends is not the log-in. */
  #notHeld(error: unknown): never {
    if (isRefusal(error, 'accountNotFound') || isRefusal(error, 'forbidden')) this.#parts.onNotHeld()
    throw error
  }

  /** A mailbox that was opened without the relay is closed when its keys turn out not to be the person's. Raises Refusal. */
  async #prove(): Promise<void> {
    try {
      await this.#open?.prove()
    } catch (error) {
      if (isRefusal(error)) throw error
      await this.#parts.onNotProved()
    }
  }

  /** What is wrong with the directory is shown, and keeps letters from being sealed: it does not end the look. */
  async #recheck(): Promise<void> {
    try {
      await this.#open?.keyring.recheck()
    } catch (error) {
      if (isRefusal(error)) throw error
      this.#parts.boxWatch.lookIfRenewed(error)
    }
  }
}

/** Letters that the person wrote, here or on another device. */
export const ownLetters = (entries: readonly Entry[]): readonly string[] =>
  arrived(entries).flatMap(({ box, letter }) => (box === 'out' ? [letter.message] : []))

/** The next look asks again. */
function unlessRefused(error: unknown): void {
  if (!isRefusal(error)) throw error
}
