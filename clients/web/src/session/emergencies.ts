/** Summaries for when nobody can ask: sealed for a professional or a service, seen and taken back (docs/spec/protocol.md, EmergencyGrant). */
import { b64u, canonical, parseCanonical, unb64u } from '../crypto/encoding.ts'
import { Refusal } from '../wire/errors.ts'
import type { EmergencyGrant } from '../wire/grants.ts'
import { isStanding } from './apps.ts'
import { confirmed } from './confirming.ts'
import type { Desk } from './desk.ts'
import { raise } from './devices.ts'
import type { Mailbox } from './mailbox.ts'
import { OwnEnvelope } from './ownenvelope.ts'
import type { Clock } from './ports.ts'
import type { Transport } from './transport.ts'

/** The open mailbox, and the name that others see of its owner. */
export type Depositor = Mailbox & { readonly ownName: () => string }

/** `name`: the grantee's when it was deposited; `text`: what it says, empty once it was taken back. Both are empty for what another client wrote. */
export type Deposited = EmergencyGrant & { readonly name: string; readonly text: string; readonly standing: boolean }

/** Characters: with the longest of them, and the seal, far below the relay's 64 KiB. */
export const SUMMARY_LENGTH = 8000
const NAME_LENGTH = 255
const DAY = 86_400_000 // milliseconds

export class Emergencies {
  readonly #transport: Transport
  readonly #mailbox: Depositor
  readonly #clock: Clock
  readonly #own: OwnEnvelope

  constructor(desk: Desk, transport: Transport, clock: Clock, mailbox: Depositor) {
    this.#transport = transport
    this.#mailbox = mailbox
    this.#clock = clock
    this.#own = new OwnEnvelope(desk, mailbox)
  }

  /** Those that stand first, the newest first. Raises Refusal, KeysNotProved. */
  async given(): Promise<readonly Deposited[]> {
    const { list } = await this.#transport.call('EmergencyGrant/get', { accountId: this.#mailbox.account })
    const now = this.#clock.now()
    const mine = list.filter(({ account }) => account === this.#mailbox.account)
    const given = await Promise.all(
      mine.map(async grant => {
        const [name, text] = await Promise.all([this.#member(grant.terms, 'name'), this.#member(grant.sealed ?? '', 'text')])
        return { ...grant, name, text, standing: isStanding(grant, now) }
      }),
    )
    return given.toSorted((a, b) => Number(b.standing) - Number(a.standing) || (a.createdAt < b.createdAt ? 1 : -1))
  }

  /** Sealed to the grantee's key, proved, and to one's own. Raises KeysNotProved; Refusal: `confirmFirst`, `invalidProperties`, `overQuota`. */
  async deposit(to: { readonly account: string; readonly name: string }, text: string, days: number): Promise<void> {
    const now = this.#clock.now()
    const { sealingKey } = await this.#mailbox.currentKey(to.account)
    const name = this.#mailbox.ownName().slice(0, NAME_LENGTH)
    const summary = canonical({ name, text: text.slice(0, SUMMARY_LENGTH), v: 1, written: whole(now) })
    const sealed = b64u(await this.#own.seal(summary, [sealingKey]))
    const terms = b64u(await this.#own.seal(canonical({ name: to.name.slice(0, NAME_LENGTH) })))
    const until = whole(new Date(now.getTime() + days * DAY))
    const create = { page: { grantee: to.account, until, sealed, terms } }
    await confirmed(async () => raise((await this.#transport.call('EmergencyGrant/set', { accountId: this.#mailbox.account, create })).notCreated))
  }

  /** The relay has its bytes no more. Raises Refusal: `confirmFirst`. */
  async takeBack(id: string): Promise<void> {
    const given = { accountId: this.#mailbox.account, update: { [id]: { revoked: true } as const } }
    await confirmed(async () => raise((await this.#transport.call('EmergencyGrant/set', given)).notUpdated))
  }

  /** One text of what the person sealed; empty where there is none. */
  async #member(sealed: string, name: 'name' | 'text'): Promise<string> {
    if (sealed === '') return ''
    const bytes = await this.#own.open(unb64u(sealed))
    try {
      const said = bytes === undefined ? null : (parseCanonical(bytes) as Readonly<Record<string, unknown>> | null)
      const found = said?.[name]
      return typeof found === 'string' ? found : ''
    } catch {
      return ''
    }
  }
}

const whole = (date: Date): string => date.toISOString().replace(/\.\d+/, '')

/** The grantee may not be one: closed meanwhile, or no professional and no organisation. */
export const isNoGrantee = (error: unknown): boolean => error instanceof Refusal && error.kind === 'invalidProperties'
