/**
 * The opened key box of this page: its lowest version, its kept key, and how it changes (docs/spec/keybox.md).
 *
 * Laws: a version that was seen is remembered before anything is done with it, of every account; an older one is refused
 * from then on. One change at a time: each begins where the one before ended.
 */
import { signal } from '@preact/signals'
import { b64u, unb64u } from '../crypto/encoding.ts'
import { CryptoError } from '../crypto/errors.ts'
import type { Change, Changed, PasskeySecret, SeenLog, Unlocked } from '../crypto/operations.ts'
import { fromError, isRefusal, Refusal } from '../wire/errors.ts'
import type { Desk } from './desk.ts'
import type { Ports } from './ports.ts'
import type { Transport } from './transport.ts'

export type Pins = Readonly<Record<string, string>>

/** What goes into the box: these pins, and the checkpoint to keep where the box has `there`. */
export type Seen = { readonly pins: Pins; readonly checkpoint: (there: SeenLog | null) => SeenLog | null }

/** What another device did to the box. */
export interface BoxListener {
  /** It has a new box key: what is open here opens nothing that comes later. */
  readonly onReplaced: () => void
  /** It holds new keys, and is open. */
  readonly onNewKeys: (unlocked: Unlocked) => void
}

const DEAF: BoxListener = { onReplaced: () => undefined, onNewKeys: () => undefined }
const PINS_LIMIT = 500 // the whole box has 64 KiB
const ATTEMPTS = 5

const versionOf = (account: string): string => `box ${account}`

export class Box {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #ports: Pick<Ports, 'lasting' | 'keeping' | 'store'>
  readonly #listener: BoxListener
  /** Counts log-outs: what was begun before one keeps nothing after it. */
  #turn = 0
  #writing: Promise<unknown> = Promise.resolve()
  /** The person's own, also while another is open. */
  #own: string | undefined
  /** Of the open mailbox. */
  readonly unlocked = signal<Unlocked | undefined>(undefined)

  constructor(
    desk: Desk,
    transport: Transport,
    ports: Pick<Ports, 'lasting' | 'keeping' | 'store'>,
    listener: BoxListener = DEAF,
  ) {
    this.#desk = desk
    this.#transport = transport
    this.#ports = ports
    this.#listener = listener
  }

  /** Raises Refusal; CryptoError: a wrong password, an older box. */
  async openWithPassword(account: string, password: string): Promise<Unlocked> {
    const box = await this.#fetch(account)
    const minimumVersion = this.minimumVersion(account)
    return this.take(await this.#desk.call('unlockWithPassword', { account, box, password, minimumVersion }))
  }

  /** Raises Refusal, CryptoError. */
  async openWithPasskey(account: string, passkey: PasskeySecret): Promise<Unlocked> {
    const box = await this.#fetch(account)
    const minimumVersion = this.minimumVersion(account)
    return this.take(await this.#desk.call('unlockWithPasskey', { account, box, minimumVersion, ...passkey }))
  }

  /** With the box key that another device granted. Raises Refusal, CryptoError. */
  async openGranted(account: string): Promise<Unlocked> {
    const box = await this.#fetch(account)
    return this.take(await this.#desk.call('unlockGranted', { box, minimumVersion: this.minimumVersion(account) }))
  }

  /** With what this tab kept; undefined when it kept nothing that fits. Raises Refusal, CryptoError `OlderBox`. */
  async openWithKept(account: string): Promise<Unlocked | undefined> {
    const kept = await this.#ports.keeping.load()
    if (kept === undefined) return undefined
    const box = await this.#fetch(account)
    const given = { account, box, wrapped: kept.wrapped, wrappingKey: kept.key, minimumVersion: this.minimumVersion(account) }
    try {
      return await this.take(await this.#desk.call('restore', given))
    } catch (error) {
      if (!isCannotOpen(error)) throw error
      await this.forget() // of another account, or of a box that got a new key elsewhere
      return undefined
    }
  }

  /**
   * The box of an account that the person acts for, by their own keys. `signers`: the signing keys of its proven line.
   *
   * Raises Refusal; CryptoError `CannotOpen` when no slot is for them, `OlderBox`.
   */
  async openHeld(account: string, signers: readonly Uint8Array[]): Promise<Unlocked> {
    const box = await this.#fetch(account)
    const given = { account, box, signers, minimumVersion: this.minimumVersion(account) }
    return this.#next(await this.#desk.call('openHeld', given))
  }

  /** Back to the person's own. */
  async leaveHeld(): Promise<Unlocked> {
    return this.#next(await this.#desk.call('leaveHeld', null))
  }

  /** The box of a log-in: remember it, so that a reload opens it again. */
  take(unlocked: Unlocked): Promise<Unlocked> {
    this.#own = unlocked.account
    return this.#next(unlocked)
  }

  /** A box that was made here, and not fetched: a reload opens it without the relay too, when this browser has it by then. */
  keepHere(account: string): void {
    void this.#fetch(account).catch((error: unknown) => {
      if (!isRefusal(error)) throw error
    })
  }

  /** A reload of this page, and of every other tab, asks for the password again. */
  forget(): Promise<void> {
    this.#turn += 1
    this.unlocked.value = undefined
    return this.#ports.keeping.forget()
  }

  /** Put what was seen into the box, whatever other devices put there meanwhile. Raises Refusal, CryptoError. */
  pin(unlocked: Unlocked, seen: Seen): Promise<Unlocked> {
    return this.#alone(() =>
      this.#again(async () => {
        const there = this.#of(unlocked)
        return this.#write(there.account, { ...there.pins, ...seen.pins }, seen.checkpoint(there.lastCheckpoint))
      }),
    )
  }

  /**
   * Change the open box. `ask` says what to change in the box as it is now, undefined for nothing; it is asked again when
   * another device was faster. `tell` brings it to the relay.
   *
   * Raises Refusal (`stateMismatch` when others are faster again and again), CryptoError, and as `tell` does.
   */
  change(
    account: string,
    ask: (there: Unlocked) => Change | undefined | Promise<Change | undefined>,
    tell: (changed: Changed) => Promise<unknown>,
  ): Promise<Unlocked> {
    return this.#alone(() =>
      this.#again(async () => {
        const there = this.#opened(account)
        const change = await ask(there)
        if (change === undefined) return there
        const changed = await this.#desk.call('change', change)
        await tell(changed)
        void this.#ports.store.put(keptAs(account), changed.box)
        return this.#next(await this.#desk.call('takeChange', null))
      }),
    )
  }

  /** Look whether another device changed the open box. Raises Refusal, CryptoError. */
  refresh(): Promise<void> {
    return this.#alone(() => this.#follow())
  }

  /** The highest version of this account's box that this client has seen; 1 when it saw none. */
  minimumVersion(account: string): number {
    return Number(this.#ports.lasting.get(versionOf(account)) ?? 1)
  }

  async #write(account: string, pins: Pins, lastCheckpoint: SeenLog | null): Promise<Unlocked> {
    const bounded = Object.fromEntries(Object.entries(pins).slice(-PINS_LIMIT))
    const { box, version } = await this.#desk.call('pinInBox', { pins: bounded, lastCheckpoint })
    const update = { box: { version, box: b64u(box) } }
    const { notUpdated } = await this.#transport.call('KeyBox/set', { accountId: account, update })
    const refused = notUpdated?.['box']
    if (refused !== undefined) throw fromError(refused)
    void this.#ports.store.put(keptAs(account), box)
    return this.#next(await this.#desk.call('adoptBox', box))
  }

  /** Once more on top of what another device wrote. */
  async #again(work: () => Promise<Unlocked>): Promise<Unlocked> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        if (!isRefusal(error, 'stateMismatch') || attempt === ATTEMPTS) throw error
        await this.#follow()
      }
    }
  }

  async #follow(): Promise<void> {
    const { account, keyId } = this.#opened()
    const box = await this.#fetch(account)
    const unlocked = await this.#next(await this.#adopted(box))
    if (unlocked.keyId !== keyId) this.#listener.onNewKeys(unlocked)
  }

  async #adopted(box: Uint8Array): Promise<Unlocked> {
    try {
      return await this.#desk.call('adoptBox', box)
    } catch (error) {
      if (isCannotOpen(error)) this.#listener.onReplaced()
      throw error
    }
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn
    const done = this.#writing.then(() => {
      if (turn !== this.#turn) throw new Refusal('unauthorized') // the person left meanwhile
      return work()
    })
    this.#writing = done.catch(() => undefined)
    return done
  }

  /** Whatever the caller knew of its box: what is open is newer. Raises Refusal when another account's is. */
  #of(unlocked: Unlocked): Unlocked {
    return this.unlocked.value === undefined ? unlocked : this.#opened(unlocked.account)
  }

  #opened(account?: string): Unlocked {
    const there = this.unlocked.value
    if (there === undefined || (account !== undefined && there.account !== account)) throw new Refusal('unauthorized')
    return there
  }

  async #next(unlocked: Unlocked): Promise<Unlocked> {
    const turn = this.#turn
    const { lasting, keeping } = this.#ports
    lasting.set(versionOf(unlocked.account), String(Math.max(unlocked.version, this.minimumVersion(unlocked.account))))
    this.unlocked.value = unlocked
    if (unlocked.account !== this.#own) return unlocked
    const wrappingKey = await keeping.key()
    if (wrappingKey === undefined) return unlocked
    const wrapped = await this.#desk.call('keep', { wrappingKey })
    if (turn === this.#turn) keeping.save(wrapped)
    else await keeping.forget()
    return unlocked
  }

  /** While the relay is away, the box as this browser saw it last: it opens with what opened it then. */
  async #fetch(account: string): Promise<Uint8Array> {
    const { store } = this.#ports
    try {
      const { list } = await this.#transport.call('KeyBox/get', { accountId: account })
      const [sealed] = list
      if (sealed === undefined) throw new CryptoError('CannotOpen', 'no key box')
      const box = unb64u(sealed.box)
      void store.put(keptAs(account), box)
      return box
    } catch (error) {
      const kept = isRefusal(error, 'unreachable') ? await store.get(keptAs(account)) : undefined
      if (kept === undefined) throw error
      return kept
    }
  }
}

const keptAs = (account: string): string => `${account} box`

const isCannotOpen = (error: unknown): boolean => error instanceof CryptoError && error.kind === 'CannotOpen'
