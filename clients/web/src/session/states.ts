/** Small things that a person's devices share, sealed under names that tell the relay nothing (docs/spec/content.md). */
import { b64u, canonical, parseCanonical, unb64u, type Json } from '../crypto/encoding.ts'
import { fromError, isRefusal } from '../wire/errors.ts'
import { MAX_STATE_SEALED } from '../wire/limits.ts'
import type { SealedState } from '../wire/types.ts'
import type { Desk } from './desk.ts'
import type { Transport } from './transport.ts'

export type Label = 'read' | 'pins' | 'drafts' | 'profile'

const OVERHEAD = 64 // bytes that sealing adds, rounded up
const ATTEMPTS = 4

export class States {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #account: string
  readonly #versions = new Map<Label, number>()

  constructor(desk: Desk, transport: Transport, account: string) {
    this.#desk = desk
    this.#transport = transport
    this.#account = account
  }

  /** What was saved under this label; undefined when nothing was, or nothing that opens. Raises Refusal. */
  async load(label: Label): Promise<Json | undefined> {
    const name = await this.#desk.call('stateName', label)
    const { list } = await this.#transport.call('SealedState/get', { accountId: this.#account, ids: [name] })
    const [state] = list
    this.#versions.set(label, state?.version ?? 0)
    return state === undefined ? undefined : this.#open(label, state)
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
    const sealed = b64u(await this.#desk.call('sealState', { label, bytes }))
    const version = (this.#versions.get(label) ?? 0) + 1
    const update = { [name]: { version, sealed } }
    const { notUpdated } = await this.#transport.call('SealedState/set', { accountId: this.#account, update })
    const refused = notUpdated?.[name]
    if (refused !== undefined) throw fromError(refused)
    this.#versions.set(label, version)
  }

  async #open(label: Label, { sealed }: SealedState): Promise<Json | undefined> {
    try {
      return parseCanonical(await this.#desk.call('openState', { label, sealed: unb64u(sealed) }))
    } catch {
      // A state that does not open was not ours: what it held is only convenience, and is written anew.
      return undefined
    }
  }
}
