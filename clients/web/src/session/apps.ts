/** What certified apps may do in the open mailbox: given, seen and taken back (docs/spec/protocol.md, AppGrant, OAuth). */
import { canonical, parseCanonical, b64u, unb64u } from '../crypto/encoding.ts'
import { isRefusal, Refusal } from '../wire/errors.ts'
import type { AppGrant, Consent, Scope } from '../wire/grants.ts'
import { CONSENT } from '../wire/names.ts'
import { Catalogues } from './catalogue.ts'
import { confirmed } from './confirming.ts'
import type { Desk } from './desk.ts'
import { raise } from './devices.ts'
import type { Mailbox } from './mailbox.ts'
import type { Clock } from './ports.ts'
import { OwnEnvelope } from './ownenvelope.ts'
import type { Transport } from './transport.ts'

/** `name`: what the app was called when the person said yes; empty for what another client wrote. */
export type Given = AppGrant & { readonly name: string; readonly standing: boolean }

const DAY = 86_400_000 // milliseconds

export class Apps {
  readonly #transport: Transport
  readonly #mailbox: Mailbox
  readonly #clock: Clock
  readonly #own: OwnEnvelope
  readonly catalogue: Catalogues

  constructor(desk: Desk, transport: Transport, clock: Clock, mailbox: Mailbox) {
    this.#transport = transport
    this.#mailbox = mailbox
    this.#clock = clock
    this.#own = new OwnEnvelope(desk, mailbox)
    this.catalogue = new Catalogues(desk, transport, mailbox)
  }

  /** Those that stand first, the newest first. Raises Refusal. */
  async given(): Promise<readonly Given[]> {
    const { list } = await this.#transport.call('AppGrant/get', { accountId: this.#mailbox.account })
    const now = this.#clock.now()
    const given = await Promise.all(
      list.map(async grant => ({ ...grant, name: await this.#nameIn(grant.terms), standing: isStanding(grant, now) })),
    )
    return given.toSorted((a, b) => Number(b.standing) - Number(a.standing) || (a.createdAt < b.createdAt ? 1 : -1))
  }

  /** The new grant's id, or that of the same one that stands. Raises Refusal: `confirmFirst`, `invalidProperties`, `overQuota`. */
  async give(app: { readonly account: string; readonly name: string }, scopes: readonly Scope[], days: number): Promise<string> {
    const until = new Date(this.#clock.now().getTime() + days * DAY).toISOString().replace(/\.\d+/, '')
    const terms = b64u(await this.#own.seal(canonical({ name: app.name.slice(0, 300) })))
    const create = { app: { app: app.account, scopes, until, terms } }
    try {
      return await confirmed(async () => {
        const done = await this.#transport.call('AppGrant/set', { accountId: this.#mailbox.account, create })
        raise(done.notCreated)
        const id = done.created?.['app']?.id
        if (id === undefined) throw new Refusal('serverFail')
        return id
      })
    } catch (error) {
      const standing = isRefusal(error, 'alreadyExists') ? error.members['existingId'] : undefined
      if (typeof standing === 'string') return standing
      throw error
    }
  }

  /** The app has it no more, within seconds and for good. Raises Refusal: `confirmFirst`. */
  async takeBack(id: string): Promise<void> {
    const given = { accountId: this.#mailbox.account, update: { [id]: { revoked: true } as const } }
    await confirmed(async () => raise((await this.#transport.call('AppGrant/set', given)).notUpdated))
  }

  /** Where to take the code that the app waits for. Raises Refusal: `confirmFirst`, `notFound`, `invalidProperties`. */
  async consent(asked: Omit<Consent, 'accountId'>): Promise<string> {
    const { redirect } = await this.#transport.bearer<{ redirect: string }>(CONSENT, { accountId: this.#mailbox.account, ...asked })
    return redirect
  }

  async #nameIn(terms: string): Promise<string> {
    const bytes = terms === '' ? undefined : await this.#own.open(unb64u(terms))
    try {
      const said = bytes === undefined ? undefined : (parseCanonical(bytes) as { readonly name?: unknown } | null)
      return typeof said?.name === 'string' ? said.name : ''
    } catch {
      return '' // another client wrote it
    }
  }
}

export const isStanding = ({ revoked, until }: Pick<AppGrant, 'revoked' | 'until'>, now: Date): boolean =>
  !revoked && new Date(until) > now
