/**
 * Small things that a person's devices share, sealed under names that tell the relay nothing (docs/spec/content.md).
 *
 * Law: a state below the highest version that this client has seen is not taken: the relay cannot turn time back.
 */
import { b64u, canonical, parseCanonical, unb64u, type Json } from '../crypto/encoding.ts'
import { fromError, isRefusal } from '../wire/errors.ts'
import { MAX_STATE_SEALED } from '../wire/limits.ts'
import type { SealedState } from '../wire/types.ts'
import type { Desk } from './desk.ts'
import type { Memory } from './ports.ts'
import type { Transport } from './transport.ts'

export const LABELS = ['read', 'drafts', 'profile', 'people', 'passkeys', 'access', 'hidden'] as const
export type Label = (typeof LABELS)[number]

const OVERHEAD = 64 // bytes that sealing adds, rounded up
const ATTEMPTS = 4

export class States {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #account: string
  readonly #lasting: Memory
  /** What the relay holds each state under: the next one is written above it. */
  readonly #versions = new Map<Label, number>()

  constructor(desk: Desk, transport: Transport, account: string, lasting: Memory) {
    this.#desk = desk
    this.#transport = transport
    this.#account = account
    this.#lasting = lasting
  }

  /** What was saved under this label; undefined when nothing was, or nothing that opens and is not older. Raises Refusal. */
  async load(label: Label): Promise<Json | undefined> {
    const name = await this.#desk.call('stateName', label)
    const { list } = await this.#transport.call('SealedState/get', { accountId: this.#account, ids: [name] })
    const [state] = list
    this.#versions.set(label, state?.version ?? 0)
    if (state === undefined || state.version < (this.#highest()[name] ?? 1)) return undefined
    const found = await this.#open(label, state)
    if (found !== undefined) this.#saw(name, state.version)
    return found
  }

  /**
   * Save what `merge` makes of what is there: it is called again when another device was faster.
   *
   * Raises Refusal: `tooLarge` before anything is sent.
   */
  async save(label: Label, merge: (there: Json | undefined) => Json): Promise<void> {
    let there = this.#versions.has(label) ? undefined : await this.load(label)
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#write(label, canonical(merge(there)))
        return
      } catch (error) {
        if (!isRefusal(error, 'stateMismatch') || attempt === ATTEMPTS) throw error
        there = await this.load(label)
      }
    }
  }

  async #write(label: Label, bytes: Uint8Array): Promise<void> {
    if (bytes.length + OVERHEAD > MAX_STATE_SEALED) throw fromError({ type: 'tooLarge' })
    const name = await this.#desk.call('stateName', label)
    const version = (this.#versions.get(label) ?? 0) + 1
    const sealed = b64u(await this.#desk.call('sealState', { label, version, bytes }))
    const update = { [name]: { version, sealed } }
    const { notUpdated } = await this.#transport.call('SealedState/set', { accountId: this.#account, update })
    const refused = notUpdated?.[name]
    if (refused !== undefined) throw fromError(refused)
    this.#versions.set(label, version)
    this.#saw(name, version)
  }

  async #open(label: Label, { sealed, version }: SealedState): Promise<Json | undefined> {
    try {
      return parseCanonical(await this.#desk.call('openState', { label, version, sealed: unb64u(sealed) }))
    } catch {
      // A state that does not open was not ours: what it held is only convenience, and is written anew.
      return undefined
    }
  }

  /** Name -> the highest version that this client has seen. Kept over log-outs, as the key box's is. */
  #highest(): Readonly<Record<string, number>> {
    try {
      return JSON.parse(this.#lasting.get(`states ${this.#account}`) ?? '{}') as Readonly<Record<string, number>>
    } catch {
      return {} // the browser's store was spoilt: as on a new device
    }
  }

  #saw(name: string, version: number): void {
    const highest = this.#highest()
    if ((highest[name] ?? 0) < version) {
      this.#lasting.set(`states ${this.#account}`, JSON.stringify({ ...highest, [name]: version }))
    }
  }
}
