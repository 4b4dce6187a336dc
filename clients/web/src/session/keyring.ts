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
import type { KeyLog, Shown } from './keylog.ts'
import { prove, proveEntry, type Chain, type KnownKey } from './line.ts'
import type { Clock } from './ports.ts'

/** `problem`: why the line was not found in the log. */
type Line = { readonly chain: Chain; readonly problem: KeyProblem | undefined }
/** `at`: when it was asked for, in milliseconds. */
type Asked = { readonly line: Promise<Line>; readonly at: number }

/** Whether the statement that was seen before is in the chain; true where none was. */
export const keepsPin = (account: string, keys: Chain, pins: Pins): boolean =>
  pins[account] === undefined || keys.some(({ statement }) => statement === pins[account])

const SUPERSEDED_GRACE = 3_600_000 // milliseconds: letters sealed before the new key may still be on their way
const STALE_GRACE = 25 * 3_600_000 // milliseconds: a checkpoint may be a day old when somebody seals by it
const PROVED_FOR = 3_600_000 // milliseconds: then a line is looked up again before it is used
const LOOKED_UP_AT_ONCE = 500 // accounts (docs/spec/protocol.md, PublicKey/lookup)

const isAfter = (following: KnownKey | undefined, cameAt: string, grace: number): boolean =>
  following !== undefined && Date.parse(cameAt) > Date.parse(following.announced) + grace

/** Whether a key had lost its place to the one after it when a letter came. The last one of a chain never has. */
export const isSuperseded = (following: KnownKey | undefined, cameAt: string): boolean => isAfter(following, cameAt, SUPERSEDED_GRACE)

/** Whether nobody should have been shown a key any more when a letter came that was sealed to it. */
export const isStale = (following: KnownKey | undefined, cameAt: string): boolean => isAfter(following, cameAt, STALE_GRACE)

/** Whether a pin may move to the newest of these keys: along the chain of statements, never back. */
const isForward = (account: string, keys: Chain, pins: Pins): boolean =>
  keepsPin(account, keys, pins) && pins[account] !== keys.at(-1)?.statement

export class Keyring {
  readonly #desk: Desk
  readonly #log: KeyLog
  readonly #clock: Pick<Clock, 'now'>
  readonly #own: Unlocked
  readonly #known = new Map<string, Asked>()
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

  /** One's own keys, as far as the log shows them: what a letter to this account is sealed to. */
  get ownKeys(): Chain {
    return this.#lines.value.get(this.#own.account) ?? []
  }

  /** Why nothing may be sealed to one's own key, where the log itself is believed. */
  get ownProblem(): ReadonlySignal<KeyProblem | undefined> {
    return this.#ownProblem
  }

  /** Look up whoever of these was not, or not within the hour, and one's own line with them: in one question. Never rejects. */
  async prepare(accounts: readonly string[]): Promise<void> {
    const wanted = [...new Set([...accounts, this.#own.account])].filter(account => this.#isOld(account))
    if (!wanted.some(account => accounts.includes(account))) return
    for (let at = 0; at < wanted.length; at += LOOKED_UP_AT_ONCE) {
      const some = wanted.slice(at, at + LOOKED_UP_AT_ONCE)
      await Promise.allSettled(this.#ask(some))
    }
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
    const known = await this.#known.get(account)?.line.catch(() => undefined)
    if (known === undefined || known.problem !== undefined || this.#log.problem !== undefined) this.refresh(account)
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

  /**
   * Ask again, where the log or one's own line was not believed: it may be by now. One's own line is asked for every hour, so
   * that whoever only reads notices what is wrong with the log as well. Raises Refusal, KeysNotProved.
   */
  async recheck(): Promise<void> {
    if (this.#log.isHeld) return
    const isFine = this.#log.state.value === 'trusted' && this.#ownProblem.value === undefined
    if (!isFine) this.refresh(this.#own.account)
    await this.#line(this.#own.account)
    if (isFine || this.#log.problem !== undefined) return
    for (const [account, { line }] of this.#known) {
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
    if (known === undefined || this.#isOld(account)) return this.#ask([account])[0] ?? Promise.reject(new KeysNotProved('notInLog'))
    return known.line
  }

  #isOld(account: string): boolean {
    const known = this.#known.get(account)
    return known === undefined || this.#clock.now().getTime() - known.at > PROVED_FOR
  }

  /** One question about all of these; each line of keys is judged by itself. */
  #ask(accounts: readonly string[]): readonly Promise<Line>[] {
    const at = this.#clock.now().getTime()
    const shown = this.#log.lookUp(accounts)
    return accounts.map(account => {
      const line = shown.then(one => this.#judged(account, one))
      this.#known.set(account, { line, at })
      // What failed is asked again the next time: it may have been the network.
      line.catch(() => {
        if (this.#known.get(account)?.line === line) this.#known.delete(account)
      })
      return line
    })
  }

  async #judged(account: string, { list, head }: Shown): Promise<Line> {
    const shown = list.filter(key => key.account === account)
    const chain = await prove(this.#desk, account, shown)
    const inLog = head === null ? this.#log.problem : await proveEntry(this.#desk, shown.at(-1), head)
    const problem = account === this.#own.account ? this.#ownLine(chain, inLog) : inLog
    if (problem !== undefined && !isOfLog(problem) && account !== this.#own.account) throw new KeysNotProved(problem)
    if (keepsPin(account, chain, this.#pins)) this.#lines.value = new Map([...this.#lines.value, [account, chain]])
    return { chain, problem }
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
