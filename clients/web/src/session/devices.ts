/** The person's devices: which there are, what they are called, and ending their sessions (docs/spec/protocol.md, Device). */
import { utf8 } from '../crypto/bytes.ts'
import { fromError, Refusal } from '../wire/errors.ts'
import type { SetDone, SetError } from '../wire/methods.ts'
import type { Desk } from './desk.ts'
import type { Mailbox } from './mailbox.ts'
import { openLabel, sealLabel } from './moving.ts'
import type { Transport } from './transport.ts'

/** `name` is undefined without a label, and for one that was not sealed by this account's keys: the relay cannot name one. */
export type DeviceEntry = {
  readonly id: string
  readonly current: boolean
  readonly createdAt: string
  readonly lastSeen: string
  readonly expiresAt: string
  readonly name: string | undefined
}

const NAME_LIMIT = 60 // UTF-16 code units

export class Devices {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #mailbox: Mailbox

  constructor(desk: Desk, transport: Transport, mailbox: Mailbox) {
    this.#desk = desk
    this.#transport = transport
    this.#mailbox = mailbox
  }

  /** This one first, then those seen last. Raises Refusal. */
  async list(): Promise<readonly DeviceEntry[]> {
    const { list } = await this.#transport.call('Device/get', { accountId: this.#account() })
    const entries = await Promise.all(
      list.map(async ({ label, ...device }) => {
        const bytes = await openLabel(this.#desk, device.id, label)
        return { ...device, name: bytes === undefined ? undefined : new TextDecoder().decode(bytes) }
      }),
    )
    return entries.toSorted((a, b) => Number(b.current) - Number(a.current) || (a.lastSeen < b.lastSeen ? 1 : -1))
  }

  /** Raises Refusal. */
  async rename(id: string, name: string): Promise<void> {
    const label = await sealLabel(this.#desk, id, utf8(name.trim().slice(0, NAME_LIMIT)))
    const done = await this.#transport.call('Device/set', { accountId: this.#account(), update: { [id]: { label } } })
    raise(done.notUpdated)
  }

  /** Raises Refusal. */
  async signOut(id: string): Promise<void> {
    await this.#end([id])
  }

  /** Raises Refusal. */
  async signOutOthers(): Promise<void> {
    const others = (await this.list()).filter(({ current }) => !current)
    if (others.length > 0) await this.#end(others.map(({ id }) => id))
  }

  async #end(ids: readonly string[]): Promise<void> {
    const done: SetDone = await this.#transport.call('Device/set', { accountId: this.#account(), destroy: ids })
    const { notDestroyed } = done
    // What is gone already is what was asked for.
    raise(Object.fromEntries(Object.entries(notDestroyed ?? {}).filter(([, { type }]) => type !== 'notFound')))
  }

  /** Devices are the person's own: who acts for somebody sees none of theirs. */
  #account(): string {
    const { account, ownAccount } = this.#mailbox
    if (account !== ownAccount) throw new Refusal('forbidden')
    return account
  }
}

/** Raises Refusal with the first of them. */
export function raise(refused: Readonly<Record<string, SetError>> | null | undefined): void {
  const [first] = Object.values(refused ?? {})
  if (first !== undefined) throw fromError(first)
}
