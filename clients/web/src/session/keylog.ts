/**
 * The key log as this account sees it: by which policy, how far it goes, and whether it may be believed now.
 *
 * Laws: nothing shorter than what passed, and nothing of another history, passes after it; one question at a time, so
 * that each is judged by the newest; another policy than the one that this browser used counts only once the person
 * accepted that very one, and the tree still has to grow out of the known one; a fork or another policy is remembered,
 * over a reload too, until the person was shown it, and a fork is not forgotten over another policy.
 */
import { signal, type ReadonlySignal } from '@preact/signals'
import type { LogSeen } from '../content/letter.ts'
import { unb64u } from '../crypto/encoding.ts'
import type { LogHead, PolicyRead, SeenLog } from '../crypto/operations.ts'
import { isRefusal } from '../wire/errors.ts'
import { LOG_POLICY } from '../wire/names.ts'
import type { PublicKey } from '../wire/types.ts'
import { Claims, type Proofs } from './claims.ts'
import type { Desk } from './desk.ts'
import { KeysNotProved, type LogProblem, problemOf } from './distrust.ts'
import { Policies } from './policies.ts'
import type { Memory } from './ports.ts'
import type { Transport } from './transport.ts'

/** The keys that the relay shows, and the log that they must stand in; null when that is not believed. */
export type Shown = { readonly list: readonly PublicKey[]; readonly head: LogHead | null }
type Held = Extract<LogProblem, 'logForked' | 'policyChanged'>
type Policy = PolicyRead & { readonly text: Uint8Array }
type State = 'unknown' | 'trusted' | LogProblem

const heldOf = (account: string): string => `log ${account}`

export class KeyLog {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #account: string
  readonly #lasting: Memory
  readonly #claims: Claims
  readonly #policies: Policies
  readonly #state = signal<State>('unknown')
  readonly #policy = signal<Policy | undefined>(undefined)
  readonly #offered = signal<Policy | undefined>(undefined)
  #seen: SeenLog | null
  #signed: LogSeen | null = null
  #kept: SeenLog | null
  /** The key box holds a policy that this browser did not use: the person accepts one first. */
  #isOdd: boolean
  #held: Held | undefined
  #turn: Promise<unknown> = Promise.resolve()

  /** `kept` is what the key box of `account` holds; `person` is who reads. */
  constructor(desk: Desk, transport: Transport, account: string, kept: SeenLog | null, lasting: Memory, person = account) {
    this.#desk = desk
    this.#transport = transport
    this.#account = account
    this.#lasting = lasting
    this.#claims = new Claims(desk, account, lasting)
    this.#policies = new Policies(lasting, person)
    this.#seen = kept === null ? null : { ...kept, policy: this.#policies.current ?? kept.policy }
    this.#kept = kept
    this.#isOdd = kept !== null && !this.#policies.knows(kept.policy)
    this.#held = heldFrom(lasting.get(heldOf(account)))
    if (this.#held !== undefined) this.#state.value = this.#held
  }

  get state(): ReadonlySignal<State> {
    return this.#state
  }

  /** Whom the log is believed by. */
  get policy(): ReadonlySignal<PolicyRead | undefined> {
    return this.#policy
  }

  /** What the relay shows in its place, until the person accepted it. */
  get offered(): ReadonlySignal<PolicyRead | undefined> {
    return this.#offered
  }

  /** Checkpoints (`size root`) that letters brought, and that this log does not fit. */
  get doubted(): ReadonlySignal<ReadonlySet<string>> {
    return this.#claims.doubted
  }

  get problem(): LogProblem | undefined {
    const state = this.#state.value
    return state === 'unknown' || state === 'trusted' ? undefined : state
  }

  /** Whether the person must be shown something before the relay is asked again. */
  get isHeld(): boolean {
    return this.#held !== undefined
  }

  /** What goes into a letter. */
  get newest(): LogSeen | null {
    return this.#signed
  }

  /** Whether the key box lacks what the next page must not be without: any checkpoint, or the accepted policy. */
  get isDue(): boolean {
    return this.#seen !== null && !this.#isOdd && (this.#kept === null || this.#kept.policy !== this.#seen.policy)
  }

  /**
   * What the key box is to hold, when it holds `there`: the larger checkpoint, and the policy that was accepted last.
   *
   * What another device put there is proved like what a letter brings.
   */
  merged(there: SeenLog | null): SeenLog | null {
    const own = this.#seen
    if (own === null || there === null) return own ?? there
    this.#claims.add(there)
    const isOurs = !this.#isOdd && there.policy === this.#kept?.policy
    return { ...(there.size > own.size ? there : own), policy: isOurs ? own.policy : there.policy }
  }

  /** The key box holds this now. */
  kept(there: SeenLog | null): void {
    const before = this.#kept
    this.#kept = there
    if (there === null || before?.policy === there.policy || this.#policies.knows(there.policy)) return
    // Somebody accepted it on another device, with the key of this box: whether it was the person, the person says.
    this.#isOdd = true
    this.#policy.value = undefined
    this.#distrust('policyChanged')
    void this.#alone(() => this.#offer())
  }

  /** What a letter brought. */
  collect(seen: LogSeen): void {
    this.#claims.add(seen, seen.signature)
  }

  /** All keys of these accounts (at most 500), as the relay shows them. Raises Refusal. */
  lookUp(accounts: readonly string[]): Promise<Shown> {
    return this.#alone(() => this.#lookUp(accounts, true))
  }

  /** The log as it is now, for a key box that is made now. Raises KeysNotProved, Refusal. */
  current(): Promise<SeenLog> {
    return this.#alone(async () => {
      const sizes = [this.#seen?.size ?? 1]
      const { checkpoint, proofs } = await this.#transport.call('KeyLog/prove', { accountId: this.#account, sizes })
      const head = await this.#take(checkpoint, this.#proofOfSeen(proofs))
      if (head === null || this.#seen === null) throw new KeysNotProved(this.problem ?? 'notInLog')
      return this.#seen
    })
  }

  /** Prove what was collected. Raises Refusal. */
  prove(): Promise<void> {
    return this.#alone(async () => {
      while (this.#state.value === 'trusted' && this.#claims.waiting > 0) await this.#proveSome()
    })
  }

  /**
   * The person accepts the policy of this hash, which was shown to them: it is the one that counts from now on. Nothing when
   * another one is offered by now. What was known of the tree stays known, and a fork stays one.
   */
  acceptPolicy(hash: string): void {
    const offered = this.#offered.value
    if (offered?.hash !== hash) return
    for (const one of [this.#kept?.policy, this.#policies.current, hash]) if (one !== undefined) this.#policies.use(one)
    this.#isOdd = false
    this.#policy.value = offered
    this.#offered.value = undefined
    this.#seen = this.#seen === null ? null : { ...this.#seen, policy: hash }
    if (this.#held === 'policyChanged') this.#release()
  }

  /** The person was shown what is wrong: the log is judged anew, by what it shows from now on. */
  acknowledge(): void {
    this.#claims.acknowledge()
    this.#release()
  }

  #release(): void {
    this.#offered.value = undefined
    this.#held = undefined
    this.#lasting.remove(heldOf(this.#account))
    this.#state.value = 'unknown'
  }

  async #lookUp(accounts: readonly string[], again: boolean): Promise<Shown> {
    const asked = { accountId: this.#account, accounts, history: true, since: this.#seen?.size ?? null }
    const { list, log } = await this.#transport.call('PublicKey/lookup', asked)
    // A shorter log may be an answer that was overtaken: it is asked for once more before it counts.
    if (again && this.#seen !== null && log.consistency === null) return this.#lookUp(accounts, false)
    return { list, head: await this.#take(log.checkpoint, log.consistency) }
  }

  async #proveSome(): Promise<void> {
    const round = this.#claims.next()
    const known = this.#seen === null ? [] : [this.#seen.size]
    const sizes = [...new Set([...known, ...round.map(({ size }) => size)])]
    const asked = { accountId: this.#account, sizes }
    const { checkpoint, proofs } = await this.#transport.call('KeyLog/prove', asked)
    const head = await this.#take(checkpoint, this.#proofOfSeen(proofs))
    const policy = this.#policy.value
    if (head === null || policy === undefined) return
    if ((await this.#claims.settle(round, head, policy.text, proofs)) === 'forked') this.#distrust('logForked')
  }

  #proofOfSeen(proofs: Proofs): readonly string[] | null {
    return this.#seen === null ? null : (proofs[this.#seen.size] ?? null)
  }

  /** The log's newest state, when it may be believed; null when not, and the state says why. Raises Refusal. */
  async #take(checkpoint: string, consistency: readonly string[] | null): Promise<LogHead | null> {
    try {
      const head = await this.#verify(checkpoint, consistency)
      if (this.#held !== undefined) return null
      this.#state.value = 'trusted'
      return head
    } catch (error) {
      if (!(error instanceof KeysNotProved)) throw error
      this.#distrust(error.reason as LogProblem)
      return null
    }
  }

  async #verify(checkpoint: string, consistency: readonly string[] | null): Promise<LogHead> {
    const { text, hash } = await this.#currentPolicy()
    try {
      const proof = consistency === null ? null : consistency.map(one => unb64u(one, 32))
      const given = { policy: text, checkpoint, known: this.#seen, consistency: proof }
      const head = await this.#desk.call('verifyLog', given)
      this.#claims.settled(head)
      if (this.#seen !== null) this.#claims.settled(this.#seen)
      this.#policies.use(hash)
      if (head.size > 0) {
        this.#seen = { root: head.root, size: head.size, policy: hash }
        this.#signed = head
      }
      return head
    } catch (error) {
      throw problemOf(error)
    }
  }

  /** Fetch what the person is to be shown; a relay that is away is asked at the next occasion. */
  async #offer(): Promise<void> {
    try {
      await this.#currentPolicy()
    } catch (error) {
      if (!(error instanceof KeysNotProved) && !isRefusal(error)) throw error
    }
  }

  /** Raises KeysNotProved, Refusal. */
  async #currentPolicy(): Promise<Policy> {
    const known = this.#policy.value
    if (known !== undefined) return known
    const text = await this.#transport.show(LOG_POLICY)
    const policy = { ...(await this.#read(text)), text }
    const used = this.#policies.current ?? this.#kept?.policy ?? policy.hash
    if (this.#isOdd || used !== policy.hash) {
      this.#offered.value = policy
      throw new KeysNotProved('policyChanged')
    }
    this.#policy.value = policy
    return policy
  }

  async #read(text: Uint8Array): Promise<PolicyRead> {
    try {
      return await this.#desk.call('readPolicy', text)
    } catch (error) {
      throw problemOf(error)
    }
  }

  #distrust(reason: LogProblem): void {
    // Signatures that no longer fit may be those of another policy: it is fetched again the next time.
    if (reason === 'badCheckpoint') this.#policy.value = undefined
    if (reason === 'logForked' || reason === 'policyChanged') {
      this.#held = this.#held === 'logForked' ? this.#held : reason
      this.#lasting.set(heldOf(this.#account), this.#held)
    }
    this.#state.value = this.#held ?? reason
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => undefined)
    return turn
  }
}

const heldFrom = (text: string | undefined): Held | undefined =>
  text === 'logForked' || text === 'policyChanged' ? text : undefined
