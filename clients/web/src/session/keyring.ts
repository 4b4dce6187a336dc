/**
 * Whose keys are whose: each account's line of keys, proved statement by statement, standing in the key log, and
 * holding the statement that was seen last (the pin).
 *
 * Laws: a key is sealed to only as the newest of a line that begins at the account's first statement, holds the pin and
 * stands in a log that is believed; while the log is not, a sender is believed up to the pin, and nobody is sealed to.
 * A pin is the hash of a statement, which holds the hash of the one before: it fixes every key up to its own. A key id
 * would fix one key alone, and let the relay put a key of its own before it.
 */
import { signal, type ReadonlySignal } from '@preact/signals'
import { CryptoError } from '../crypto/errors.ts'
import type { Unlocked } from '../crypto/operations.ts'
import type { Pins } from './box.ts'
import type { Desk } from './desk.ts'
import { isOfLog, KeysNotProved, type KeyProblem } from './distrust.ts'
import type { KeyLog } from './keylog.ts'
import { prove, proveEntry, type Chain, type KnownKey } from './line.ts'
import type { Clock } from './ports.ts'

/** `problem`: why the line was not found in the log. `at`: when it was looked up, in milliseconds. */
type Line = { readonly chain: Chain; readonly problem: KeyProblem | undefined; readonly at: number }

/** Whether the statement that was seen before is in the chain; true where none was. */
export const keepsPin = (account: string, keys: Chain, pins: Pins): boolean =>
  pins[account] === undefined || keys.some(({ statement }) => statement === pins[account])

const SUPERSEDED_GRACE = 3_600_000 // milliseconds: letters sealed before the new key may still be on their way
const PROVED_FOR = 3_600_000 // milliseconds: then a line is looked up again before anything is sealed to it

/** Whether a key had lost its place to the one after it when a letter came. The last one of a chain never has. */
export const isSuperseded = (following: KnownKey | undefined, receivedAt: string): boolean =>
  following !== undefined && Date.parse(receivedAt) > Date.parse(following.announced) + SUPERSEDED_GRACE

/** Whether a pin may move to the newest of these keys: along the chain of statements, never back. */
const isForward = (account: string, keys: Chain, pins: Pins): boolean =>
  keepsPin(account, keys, pins) && pins[account] !== keys.at(-1)?.statement

export class Keyring {
  readonly #desk: Desk
  readonly #log: KeyLog
  readonly #clock: Pick<Clock, 'now'>
  readonly #own: Unlocked
  readonly #known = new Map<string, Promise<Line>>()
  readonly #lines = signal<ReadonlyMap<string, Chain>>(new Map())
  readonly #ownProblem = signal<KeyProblem | undefined>(undefined)
  #pins: Pins
  #fresh: Pins = {}

  constructor(desk: Desk, log: KeyLog, clock: Pick<Clock, 'now'>, own: Unlocked) {
    this.#desk = desk
    this.#log = log
    this.#clock = clock
    this.#own = own
    this.#pins = own.pins
  }

  get pins(): Pins {
    return this.#pins
  }

  /** What the key box does not hold yet. */
  get fresh(): Pins {
    return this.#fresh
  }

  /** The lines that were looked up, of those who hold their pin. */
  get lines(): ReadonlySignal<ReadonlyMap<string, Chain>> {
    return this.#lines
  }

  /** The hashes of one's own statements, as far as the log shows them: what a letter to this account is sealed to. */
  get ownStatements(): ReadonlySet<string> {
    return new Set((this.#lines.value.get(this.#own.account) ?? []).map(({ statement }) => statement))
  }

  /** Why nothing may be sealed to one's own key, where the log itself is believed. */
  get ownProblem(): ReadonlySignal<KeyProblem | undefined> {
    return this.#ownProblem
  }

  /**
   * All keys by which a sender is believed, the newest last; none when the relay knows none.
   *
   * While the log is not believed these are the keys up to the pin: they were proved before. Raises KeysNotProved, Refusal.
   */
  async keysOf(account: string): Promise<Chain> {
    const { chain, problem } = await this.#line(account)
    // One's own are those of the key box, whatever the log shows.
    if (problem === undefined || account === this.#own.account || !keepsPin(account, chain, this.#pins)) return chain
    const pinned = chain.findIndex(({ statement }) => statement === this.#pins[account])
    if (pinned < 0) throw new KeysNotProved(problem)
    return chain.slice(0, pinned + 1)
  }

  /** The keys to seal to now, of each account; the checks of the log hold when it returns. Raises KeysNotProved, Refusal. */
  async currentKeys(accounts: readonly string[]): Promise<ReadonlyMap<string, KnownKey>> {
    const keys = new Map<string, KnownKey>()
    for (const account of accounts) keys.set(account, await this.#currentKey(account))
    // A letter that is read meanwhile may have shown that the log is forked.
    if (this.#log.problem !== undefined) throw new KeysNotProved(this.#log.problem)
    return keys
  }

  async #currentKey(account: string): Promise<KnownKey> {
    const known = await this.#known.get(account)?.catch(() => undefined)
    const isOld = known === undefined || this.#clock.now().getTime() - known.at > PROVED_FOR
    if (isOld || known.problem !== undefined || this.#log.problem !== undefined) this.refresh(account)
    const { chain, problem } = await this.#line(account)
    if (problem !== undefined) throw new KeysNotProved(problem)
    const key = chain.at(-1)
    if (key === undefined) throw new KeysNotProved('notInLog')
    if (!keepsPin(account, chain, this.#pins)) throw new KeysNotProved('keyChanged')
    return key
  }

  /** Forget what was looked up, not what was pinned: a newer key may be there. */
  refresh(account: string): void {
    this.#known.delete(account)
  }

  /** Ask again, where the log or one's own line was not believed: it may be by now. Raises Refusal, KeysNotProved. */
  async recheck(): Promise<void> {
    const isFine = this.#log.state.value === 'trusted' && this.#ownProblem.value === undefined
    if (isFine || this.#log.isHeld) return
    this.refresh(this.#own.account)
    await this.#line(this.#own.account)
    if (this.#log.problem !== undefined) return
    for (const [account, line] of this.#known) {
      if ((await line.catch(() => undefined))?.problem !== undefined) this.refresh(account)
    }
  }

  /** The newest of these keys is the one that counts from now on: a letter came by them, or went to them. */
  pin(account: string, keys: Chain): void {
    const newest = keys.at(-1)
    if (newest === undefined || account === this.#own.account || !isForward(account, keys, this.#pins)) return
    this.#pins = { ...this.#pins, [account]: newest.statement }
    this.#fresh = { ...this.#fresh, [account]: newest.statement }
  }

  /** The key box holds these now. */
  kept(pins: Pins): void {
    this.#fresh = Object.fromEntries(Object.entries(this.#fresh).filter(([account, pin]) => pins[account] !== pin))
  }

  #line(account: string): Promise<Line> {
    const known = this.#known.get(account)
    if (known !== undefined) return known
    const asked = this.#lookUp(account)
    this.#known.set(account, asked)
    // What failed is asked again the next time: it may have been the network.
    asked.catch(() => this.#known.delete(account))
    return asked
  }

  async #lookUp(account: string): Promise<Line> {
    const { list, head } = await this.#log.lookUp(account)
    const shown = list.filter(key => key.account === account)
    const chain = await prove(this.#desk, account, shown)
    const inLog = head === null ? this.#log.problem : await proveEntry(this.#desk, shown.at(-1), head)
    const problem = account === this.#own.account ? this.#ownLine(chain, inLog) : inLog
    if (problem !== undefined && !isOfLog(problem) && account !== this.#own.account) throw new KeysNotProved(problem)
    if (keepsPin(account, chain, this.#pins)) this.#lines.value = new Map([...this.#lines.value, [account, chain]])
    return { chain, problem, at: this.#clock.now().getTime() }
  }

  /**
   * One's own line as the directory shows it: that of the key box, to the end, or it is a stranger's.
   *
   * New keys stand in the log a little later than in the box: until then nothing is sealed, which is what is returned.
   * Raises KeysNotProved `ownKeyChanged`; CryptoError `OlderBox` for a box that is older than the keys.
   */
  #ownLine(chain: Chain, inLog: KeyProblem | undefined): KeyProblem | undefined {
    const { keyId, earlier, version } = this.#own
    const held = [...earlier, keyId]
    if (chain.length === 0 || chain.some(({ id }, at) => id !== held[at])) {
      this.#ownProblem.value = 'ownKeyChanged'
      throw new KeysNotProved('ownKeyChanged')
    }
    if ((chain.at(-1)?.box ?? 0) > version) throw new CryptoError('OlderBox', 'keybox/6')
    const problem = inLog ?? (chain.length < held.length ? 'notInLog' : undefined)
    this.#ownProblem.value = problem !== undefined && isOfLog(problem) ? undefined : problem
    return problem
  }
}
