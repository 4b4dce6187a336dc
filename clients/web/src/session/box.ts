/**
 * The opened key box of this page: its lowest version, its kept key, and the pins in it (docs/spec/keybox.md).
 *
 * Law: a version that was seen is remembered before anything is done with it; an older one is refused from then on.
 */
import { b64u, unb64u } from '../crypto/encoding.ts'
import { CryptoError } from '../crypto/errors.ts'
import type { Unlocked } from '../crypto/operations.ts'
import { fromError, isRefusal } from '../wire/errors.ts'
import type { Desk } from './desk.ts'
import type { Ports } from './ports.ts'
import type { Transport } from './transport.ts'

export type Pins = Readonly<Record<string, string>>

const PINS_LIMIT = 500 // the whole box has 64 KiB
const ATTEMPTS = 4

const versionOf = (account: string): string => `box ${account}`

export class Box {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #ports: Pick<Ports, 'lasting' | 'keeping'>
  /** Counts log-outs: what was begun before one keeps nothing after it. */
  #turn = 0

  constructor(desk: Desk, transport: Transport, ports: Pick<Ports, 'lasting' | 'keeping'>) {
    this.#desk = desk
    this.#transport = transport
    this.#ports = ports
  }

  /** Raises Refusal; CryptoError: a wrong password, an older box. */
  async openWithPassword(account: string, password: string): Promise<Unlocked> {
    const box = await this.#fetch(account)
    const minimumVersion = this.#minimumVersion(account)
    return this.take(await this.#desk.call('unlockWithPassword', { account, box, password, minimumVersion }))
  }

  /** With what this tab kept; undefined when it kept nothing that fits. Raises Refusal, CryptoError `OlderBox`. */
  async openWithKept(account: string): Promise<Unlocked | undefined> {
    const kept = await this.#ports.keeping.load()
    if (kept === undefined) return undefined
    const box = await this.#fetch(account)
    const given = { account, box, wrapped: kept.wrapped, wrappingKey: kept.key, minimumVersion: this.#minimumVersion(account) }
    try {
      return await this.take(await this.#desk.call('restore', given))
    } catch (error) {
      if (!(error instanceof CryptoError) || error.kind !== 'CannotOpen') throw error
      await this.forget() // of another account, or of a box that got a new key elsewhere
      return undefined
    }
  }

  /** Remember what was opened, so that a reload opens it again. */
  async take(unlocked: Unlocked): Promise<Unlocked> {
    const turn = this.#turn
    const { lasting, keeping } = this.#ports
    lasting.set(versionOf(unlocked.account), String(unlocked.version))
    const wrappingKey = await keeping.key()
    if (wrappingKey === undefined) return unlocked
    const wrapped = await this.#desk.call('keep', { wrappingKey })
    if (turn === this.#turn) keeping.save(wrapped)
    else await keeping.forget()
    return unlocked
  }

  /** A reload of this page, and of every other tab, asks for the password again. */
  forget(): Promise<void> {
    this.#turn += 1
    return this.#ports.keeping.forget()
  }

  /** Put these pins into the box, whatever other devices put there meanwhile. Raises Refusal, CryptoError. */
  async pin(unlocked: Unlocked, fresh: Pins): Promise<Unlocked> {
    let there = unlocked
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#write(there.account, { ...there.pins, ...fresh })
      } catch (error) {
        if (!isRefusal(error, 'stateMismatch') || attempt === ATTEMPTS) throw error
        there = await this.take(await this.#desk.call('adoptBox', await this.#fetch(there.account)))
      }
    }
  }

  async #write(account: string, pins: Pins): Promise<Unlocked> {
    const bounded = Object.fromEntries(Object.entries(pins).slice(-PINS_LIMIT))
    const { box, version } = await this.#desk.call('pinInBox', bounded)
    const update = { box: { version, box: b64u(box) } }
    const { notUpdated } = await this.#transport.call('KeyBox/set', { accountId: account, update })
    const refused = notUpdated?.['box']
    if (refused !== undefined) throw fromError(refused)
    return this.take(await this.#desk.call('adoptBox', box))
  }

  async #fetch(account: string): Promise<Uint8Array> {
    const { list } = await this.#transport.call('KeyBox/get', { accountId: account })
    const [sealed] = list
    if (sealed === undefined) throw new CryptoError('CannotOpen', 'no key box')
    return unb64u(sealed.box)
  }

  #minimumVersion(account: string): number {
    return Number(this.#ports.lasting.get(versionOf(account)) ?? 1)
  }
}
