/**
 * Checkpoints of the key log that others saw: each must be a beginning of the log that is shown here.
 *
 * A claim is not signed by the log: whoever wrote the letter may have made it up. So one that does not fit stops this
 * client once; when the person was shown it, it is not held against the log again.
 */
import { signal } from '@preact/signals'
import { unb64u } from '../crypto/encoding.ts'
import { CryptoError } from '../crypto/errors.ts'
import type { LogHead } from '../crypto/operations.ts'
import { MAX_SIZES_IN_PROVE } from '../wire/limits.ts'
import type { Desk } from './desk.ts'
import type { Memory } from './ports.ts'

export type Proofs = Readonly<Record<string, readonly string[] | null>>

const ACKNOWLEDGED_LIMIT = 100

/** How a checkpoint is named in sets and in the browser's memory: both parts are public. */
export const claimOf = ({ size, root }: LogHead): string => `${size} ${root}`

export class Claims {
  readonly #desk: Desk
  readonly #account: string
  readonly #lasting: Memory
  readonly #waiting = new Map<string, LogHead>()
  readonly #settled = new Set<string>()
  /** Larger than the log that was shown: asked about once more. */
  readonly #larger = new Set<string>()
  /** Doubted, and not shown to the person yet. */
  readonly #untold = new Set<string>()
  /** Those that did not fit: the letters that brought them say so, also after the person was told. */
  readonly doubted = signal<ReadonlySet<string>>(new Set())

  constructor(desk: Desk, account: string, lasting: Memory) {
    this.#desk = desk
    this.#account = account
    this.#lasting = lasting
    this.doubted.value = new Set(this.#acknowledged())
    for (const claim of this.doubted.value) this.#settled.add(claim)
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Nothing needs to be asked about what the log itself was proved by. */
  settled(head: LogHead): void {
    this.#settled.add(claimOf(head))
    this.#waiting.delete(claimOf(head))
  }

  add({ root, size }: LogHead): void {
    const claim = { root, size }
    if (!this.#settled.has(claimOf(claim))) this.#waiting.set(claimOf(claim), claim)
  }

  /** As many as one question may be about, the log's own newest included. */
  next(): readonly LogHead[] {
    return [...this.#waiting.values()].slice(0, MAX_SIZES_IN_PROVE - 1)
  }

  /** Judge these by the log `head` and the relay's proofs. */
  async settle(round: readonly LogHead[], head: LogHead, proofs: Proofs): Promise<'fit' | 'forked'> {
    for (const claim of round) await this.#settle(claim, head, proofs[claim.size] ?? null)
    return this.#untold.size === 0 ? 'fit' : 'forked'
  }

  /** The person was shown those that did not fit. */
  acknowledge(): void {
    const all = [...this.doubted.value].slice(-ACKNOWLEDGED_LIMIT)
    if (all.length > 0) this.#lasting.set(acknowledgedOf(this.#account), JSON.stringify(all))
    this.#untold.clear()
  }

  async #settle(claim: LogHead, head: LogHead, proof: readonly string[] | null): Promise<void> {
    const name = claimOf(claim)
    if (proof === null && !this.#larger.has(name)) {
      this.#larger.add(name) // a letter may be faster than the log: the question is asked again
      return
    }
    if (!(await this.#fits(claim, head, proof))) this.#doubt(name)
    this.#settled.add(name)
    this.#waiting.delete(name)
  }

  #doubt(name: string): void {
    this.#untold.add(name)
    this.doubted.value = new Set([...this.doubted.value, name])
  }

  async #fits(old: LogHead, head: LogHead, proof: readonly string[] | null): Promise<boolean> {
    try {
      const consistency = proof === null ? null : proof.map(one => unb64u(one, 32))
      await this.#desk.call('verifyGrown', { old, head, consistency })
      return true
    } catch (error) {
      if (error instanceof CryptoError) return false
      throw error
    }
  }

  #acknowledged(): readonly string[] {
    try {
      const kept = JSON.parse(this.#lasting.get(acknowledgedOf(this.#account)) ?? '[]') as unknown
      return Array.isArray(kept) ? kept.filter(one => typeof one === 'string') : []
    } catch {
      return [] // the browser's store was spoilt
    }
  }
}

const acknowledgedOf = (account: string): string => `doubted ${account}`
