/**
 * The passkeys of the open account: made, named, removed (docs/spec/keybox.md, Passkey).
 *
 * The relay is told the log-in keys of all of them at once, and they come of secrets that stay in the authenticators. So
 * each is remembered in a sealed state when its passkey is made: it is public, and one that is lost costs the passkey alone.
 */
import { b64u, type Json, unb64u } from '../crypto/encoding.ts'
import type { Changed, Unlocked } from '../crypto/operations.ts'
import { Refusal } from '../wire/errors.ts'
import type { NewMethods } from '../wire/types.ts'
import type { Box } from './box.ts'
import { utc } from './challenge.ts'
import type { Changes } from './factorchanges.ts'
import { nameOf } from './logins.ts'
import type { Mailbox } from './mailbox.ts'
import type { PasskeyAnswer, Ports } from './ports.ts'

export { PasskeyFailed } from './ports.ts'

/** `credential` is its id, b64u; `since` RFC 3339, empty when it is not known. */
export type Passkey = { readonly credential: string; readonly name: string; readonly since: string }
type Kept = { readonly loginKey: string; readonly name: string; readonly since: string }
type KeptAll = Readonly<Record<string, Kept>>

export class Passkeys {
  readonly #ports: Ports
  readonly #box: Box
  readonly #mailbox: Mailbox
  readonly #changes: Changes

  constructor(ports: Ports, box: Box, mailbox: Mailbox, changes: Changes) {
    this.#ports = ports
    this.#box = box
    this.#mailbox = mailbox
    this.#changes = changes
  }

  available(): Promise<boolean> {
    return this.#ports.authenticator.available()
  }

  /** Those that open the box. Raises Refusal. */
  async list(): Promise<readonly Passkey[]> {
    const kept = await this.#kept()
    return credentialsOf(this.#there()).map(credential => {
      const { name = '', since = '' } = kept[credential] ?? {}
      return { credential, name, since }
    })
  }

  /** Ask the authenticator for a new one. Raises PasskeyFailed, Refusal. */
  async add(name: string): Promise<void> {
    const { account } = this.#own()
    const exclude = credentialsOf(this.#there()).map(credential => unb64u(credential))
    const login = nameOf(this.#ports.lasting, account)
    const made = await this.#ports.authenticator.create({ account, name: login, exclude })
    try {
      await this.#put(made, name)
    } finally {
      made.output.fill(0)
    }
  }

  /** Raises Refusal. What it opened before it opens no more; who copied it should have the keys renewed instead. */
  async remove(credential: string): Promise<void> {
    this.#own()
    const kept = await this.#kept()
    const stays = ({ credential: one }: { readonly credential: string | null }): boolean =>
      one !== null && one !== credential && kept[one] !== undefined
    await this.#changes.slots(there => ({ drop: without(there, stays) }), {
      passkeys: () => told(kept, credentialsOf(this.#there()).filter(one => one !== credential)),
    })
  }

  async rename(credential: string, name: string): Promise<void> {
    await this.#keep(kept => {
      const there = kept[credential]
      return there === undefined ? kept : { ...kept, [credential]: { ...there, name } }
    })
  }

  async #put({ credential, output }: PasskeyAnswer, name: string): Promise<void> {
    const id = b64u(credential)
    const kept = await this.#kept()
    const stays = ({ credential: one }: { readonly credential: string | null }): boolean => one !== null && kept[one] !== undefined
    await this.#changes.slots(there => ({ passkey: { credential, output }, drop: without(there, stays) }), {
      passkeys: async changed => [...told(kept, credentialsOf(this.#there())), await this.#remember(id, name, changed)],
    })
  }

  /** Before the relay is told: one that it refuses is in no box, and is never told again. */
  async #remember(credential: string, name: string, { passkeyKey }: Changed): Promise<{ credential: string; loginKey: string }> {
    if (passkeyKey === null) throw new Refusal('serverFail')
    const loginKey = b64u(passkeyKey)
    const since = utc(this.#ports.clock.now())
    await this.#keep(kept => ({ ...kept, [credential]: { loginKey, name, since } }))
    return { credential, loginKey }
  }

  async #kept(): Promise<KeptAll> {
    return keptFrom(await this.#mailbox.states.load('passkeys'))
  }

  async #keep(merge: (kept: KeptAll) => KeptAll): Promise<void> {
    const kept = await this.#kept()
    await this.#mailbox.states.save('passkeys', there => merge(there === undefined ? kept : keptFrom(there)))
  }

  #there(): Unlocked {
    const there = this.#box.unlocked.value
    if (there === undefined) throw new Refusal('unauthorized')
    return there
  }

  /** A passkey is its owner's: who acts for somebody has their own. */
  #own(): Mailbox {
    if (this.#mailbox.account !== this.#mailbox.ownAccount) throw new Refusal('forbidden')
    return this.#mailbox
  }
}

const credentialsOf = ({ slots }: Unlocked): readonly string[] =>
  slots.flatMap(({ credential }) => (credential === null ? [] : [credential]))

/** The slots of passkeys that do not stay. */
const without = ({ slots }: Unlocked, stays: (slot: { readonly credential: string | null }) => boolean): readonly string[] =>
  slots.filter(slot => slot.type === 'passkey' && !stays(slot)).map(({ id }) => id)

const told = (kept: KeptAll, credentials: readonly string[]): NonNullable<NewMethods['passkeys']> =>
  credentials.flatMap(credential => {
    const loginKey = kept[credential]?.loginKey
    return loginKey === undefined ? [] : [{ credential, loginKey }]
  })

function keptFrom(value: Json | undefined): KeptAll {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  return Object.fromEntries(
    Object.entries(value).flatMap(([credential, one]) => {
      const kept = keptOne(one)
      return kept === undefined ? [] : [[credential, kept]]
    }),
  )
}

function keptOne(value: Json): Kept | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const { loginKey, name, since } = value as Readonly<Record<string, Json>>
  if (typeof loginKey !== 'string' || typeof name !== 'string' || typeof since !== 'string') return undefined
  return { loginKey, name, since }
}
