/** Appointments that a person writes down: letters to oneself alone (docs/spec/content.md, Letters to oneself). */
import type { Invitation, Moment } from '../content/agenda.ts'
import { raise } from './devices.ts'
import type { AgendaEntry } from './entries.ts'
import { freshId } from './ids.ts'
import type { Clock } from './ports.ts'
import { toOneself, type Owner } from './shelf.ts'
import type { Transport } from './transport.ts'

/** What the person says of an appointment of their own. */
export type Noted = {
  readonly summary: string
  readonly location: string
  readonly description: string
  readonly start: Moment
  readonly end: Moment | null
}

/** The person wrote it down: nobody else knows of it. */
export const isNoted = ({ from }: AgendaEntry): boolean => from.box === 'out'

export class Diary {
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #owner: Owner

  constructor(transport: Transport, clock: Clock, owner: Owner) {
    this.#transport = transport
    this.#clock = clock
    this.#owner = owner
  }

  /** Raises Refusal, KeysNotProved. */
  async add(noted: Noted): Promise<void> {
    await this.#send(this.#appointment(noted, `${freshId()}@pli`, 0))
  }

  /** The new version first, so that a failure in between loses nothing. Raises Refusal, KeysNotProved. */
  async change(entry: AgendaEntry, noted: Noted): Promise<void> {
    const { uid, sequence } = entry.invitation
    await this.#send(this.#appointment(noted, uid, sequence + 1))
    await this.remove(entry)
  }

  /** It goes from every device. Raises Refusal. */
  async remove({ from }: AgendaEntry): Promise<void> {
    const { notDestroyed } = await this.#transport.call('SealedMessage/set', { accountId: this.#owner.account, destroy: [from.id] })
    raise(notDestroyed)
    await this.#owner.look()
  }

  #appointment(noted: Noted, uid: string, sequence: number): Invitation {
    return {
      ...noted,
      kind: 'agenda.invitation',
      attendees: [],
      method: 'REQUEST',
      // An organizer has an address (RFC 5545, 3.8.4.3); this one is nobody's, and goes nowhere (RFC 2606, 2).
      organizer: { address: `${this.#owner.account}@pli.invalid`, name: this.#owner.ownName() },
      recurrence: null,
      sequence,
      stamp: `${this.#clock.now().toISOString().slice(0, 19)}Z`,
      uid,
    }
  }

  #send(part: Invitation): Promise<void> {
    const to = toOneself(this.#owner.account)
    return this.#owner.send({ message: freshId(), to, subject: part.summary, text: '', parts: [part] })
  }
}
