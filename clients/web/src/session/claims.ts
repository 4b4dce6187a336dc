/**
 * Checkpoints of the key log that others saw: each must be a beginning of the log that is shown here.
 *
 * What a letter brings counts only where the log itself signed it: anything else its writer could have made up. What the
 * key box holds another device of the person verified. One that does not fit stops this client once: when the person was
 * shown it, exactly that size and root is not held against the log again.
 */
import { signal } from '@preact/signals'
import { unb64u } from '../crypto/encoding.ts'
import { CryptoError } from '../crypto/errors.ts'
import type { LogHead } from '../crypto/operations.ts'
import { MAX_SIZES_IN_PROVE } from '../wire/limits.ts'
import type { Desk } from './desk.ts'
import type { Memory } from './ports.ts'

export type Proofs = Readonly<Record<string, readonly string[] | null>>

/** `signature`: the log's, b64u; none of what the key box holds. */
type Claim = LogHead & { readonly signature: string | undefined }

const ACKNOWLEDGED_LIMIT = 100

/** How a checkpoint is named in sets and in the browser's memory: both parts are public. */
export const claimOf = ({ size, root }: LogHead): string => `${size} ${root}`

export class Claims {
  readonly #desk: Desk
  readonly #account: string
  readonly #lasting: Memory
  /** By their signatures as well: one that is made up does not stand in the way of a true one. */
  readonly #waiting = new Map<string, Claim>()
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
    const settled = claimOf(head)
    this.#settled.add(settled)
    for (const [name, claim] of this.#waiting) if (claimOf(claim) === settled) this.#waiting.delete(name)
  }

  /** Without `signature`: it is of the person's own key box. */
  add({ root, size }: LogHead, signature?: string): void {
    const claim = { root, size, signature }
    if (!this.#settled.has(claimOf(claim))) this.#waiting.set(waitingAs(claim), claim)
  }

  /** As many as one question may be about, the log's own newest included. */
  next(): readonly Claim[] {
    return [...this.#waiting.values()].slice(0, MAX_SIZES_IN_PROVE - 1)
  }

  /** Judge these by the log `head`, its keys (the text of its policy) and the relay's proofs. */
  async settle(round: readonly Claim[], head: LogHead, policy: Uint8Array, proofs: Proofs): Promise<'fit' | 'forked'> {
    for (const claim of round) {
      if (await this.#isSigned(claim, policy)) await this.#settle(claim, head, proofs[claim.size] ?? null)
      else this.#waiting.delete(waitingAs(claim))
    }
    return this.#untold.size === 0 ? 'fit' : 'forked'
  }

  /** The person was shown those that did not fit. */
  acknowledge(): void {
    const all = [...this.doubted.value].slice(-ACKNOWLEDGED_LIMIT)
    if (all.length > 0) this.#lasting.set(acknowledgedOf(this.#account), JSON.stringify(all))
    this.#untold.clear()
  }

  async #isSigned({ root, size, signature }: Claim, policy: Uint8Array): Promise<boolean> {
    if (signature === undefined) return true
    return passes(this.#desk.call('verifyClaim', { policy, claim: { root, signature, size } }))
  }

  async #settle(claim: Claim, head: LogHead, proof: readonly string[] | null): Promise<void> {
    const name = claimOf(claim)
    if (this.#settled.has(name)) return
    if (proof === null && !this.#larger.has(name)) {
      this.#larger.add(name) // a letter may be faster than the log: the question is asked again
      return
    }
    if (!(await this.#fits(claim, head, proof))) this.#doubt(name)
    this.settled(claim)
  }

  #doubt(name: string): void {
    this.#untold.add(name)
    this.doubted.value = new Set([...this.doubted.value, name])
  }

  #fits({ root, size }: LogHead, head: LogHead, proof: readonly string[] | null): Promise<boolean> {
    return passes(this.#grown({ root, size }, head, proof))
  }

  async #grown(old: LogHead, head: LogHead, proof: readonly string[] | null): Promise<void> {
    const consistency = proof === null ? null : proof.map(one => unb64u(one, 32))
    await this.#desk.call('verifyGrown', { old, head, consistency })
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

/** Raises what is not a matter of bytes. */
async function passes(check: Promise<unknown>): Promise<boolean> {
  try {
    await check
    return true
  } catch (error) {
    if (error instanceof CryptoError) return false
    throw error
  }
}

const waitingAs = (claim: Claim): string => `${claimOf(claim)} ${claim.signature ?? ''}`

const acknowledgedOf = (account: string): string => `doubted ${account}`
