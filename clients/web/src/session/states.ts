/**
 * Small things that a person's devices share, sealed under names that tell the relay nothing (docs/spec/content.md).
 *
 * Law: a state below the highest version that this client has seen is not taken: the relay cannot turn time back.
 */
import { utf8 } from '../crypto/bytes.ts'
import { b64u, canonical, parseCanonical, unb64u, type Json } from '../crypto/encoding.ts'
import { fromError, isRefusal } from '../wire/errors.ts'
import { MAX_STATE_SEALED } from '../wire/limits.ts'
import type { SealedState } from '../wire/types.ts'
import type { Desk } from './desk.ts'
import type { Here } from './here.ts'
import type { Memory } from './ports.ts'
import type { Transport } from './transport.ts'

/** What was done with letters, by the first sign of their ids. */
export const FILINGS = [
  'filing 0', 'filing 1', 'filing 2', 'filing 3', 'filing 4', 'filing 5', 'filing 6', 'filing 7',
  'filing 8', 'filing 9', 'filing a', 'filing b', 'filing c', 'filing d', 'filing e', 'filing f',
] as const
export const LABELS = ['read', 'drafts', 'profile', 'people', 'passkeys', 'access', 'hidden', 'apps', ...FILINGS] as const
export type Label = (typeof LABELS)[number]

const OVERHEAD = 64 // bytes that sealing adds, rounded up
const ATTEMPTS = 4
const ROW = 'state '

export class States {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #account: string
  readonly #lasting: Memory
  readonly #here: Here | undefined
  /** What the relay holds each state under: the next one is written above it. */
  readonly #versions = new Map<Label, number>()

  constructor(desk: Desk, transport: Transport, account: string, lasting: Memory, here?: Here) {
    this.#desk = desk
    this.#transport = transport
    this.#account = account
    this.#lasting = lasting
    this.#here = here
  }

  /** What was saved under this label; undefined when nothing was, or nothing that opens and is not older. Raises Refusal. */
  async load(label: Label): Promise<Json | undefined> {
    const [found] = await this.loadAll([label])
    return found
  }

  /** As {@link load}, of several at once and in their order. While the relay is away, what this browser saw last. */
  async loadAll(labels: readonly Label[]): Promise<readonly (Json | undefined)[]> {
    const names = await Promise.all(labels.map(label => this.#desk.call('stateName', label)))
    const rows = await this.#rows(names)
    return Promise.all(labels.map((label, at) => this.#take(label, names[at] ?? '', rows.get(names[at] ?? ''))))
  }

  async #take(label: Label, name: string, state: SealedState | undefined): Promise<Json | undefined> {
    this.#versions.set(label, state?.version ?? 0)
    if (state === undefined || state.version < (this.#highest()[name] ?? 1)) return undefined
    const found = await this.#open(label, state)
    if (found !== undefined) this.#saw(name, state.version)
    return found
  }

  async #rows(names: readonly string[]): Promise<ReadonlyMap<string, SealedState>> {
    try {
      const { list } = await this.#transport.call('SealedState/get', { accountId: this.#account, ids: names })
      for (const row of list) void this.#here?.putSealed(ROW + row.id, utf8(JSON.stringify(row)))
      return new Map(list.map(row => [row.id, row]))
    } catch (error) {
      if (!isRefusal(error, 'unreachable') || this.#here === undefined) throw error
      const kept = await Promise.all(names.map(async name => this.#here?.getSealed(ROW + name)))
      return new Map(kept.flatMap(bytes => (bytes === undefined ? [] : [rowFrom(bytes)])).map(row => [row.id, row]))
    }
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

const rowFrom = (bytes: Uint8Array): SealedState => JSON.parse(new TextDecoder().decode(bytes)) as SealedState
