/**
 * Acting for others: whose mailboxes the person may open, who may open the open one, and how both begin and end.
 *
 * Two things belong to it, and the relay has only one: its Delegation lets somebody ask for sealed things; the slot in the
 * key box, which the account signs, lets them read. A delegation that the relay makes up reads nothing.
 */
import { signal, type ReadonlySignal } from '@preact/signals'
import { b64u, type Json, unb64u } from '../crypto/encoding.ts'
import { isAccount } from '../crypto/shape.ts'
import { Refusal } from '../wire/errors.ts'
import { ADOPT } from '../wire/names.ts'
import type { Adopted, Delegation } from '../wire/types.ts'
import type { Box } from './box.ts'
import { confirmed } from './confirming.ts'
import { type Changes, keysToWire } from './factorchanges.ts'
import type { Desk } from './desk.ts'
import { raise } from './devices.ts'
import { type LetterTicket, Letters } from './letters.ts'
import { learnName } from './logins.ts'
import type { Mailbox } from './mailbox.ts'
import type { Ports } from './ports.ts'
import type { Transport } from './transport.ts'

/** An account that the person may open. `name` is what they call it, empty when they said nothing. */
export type Held = { readonly account: string; readonly since: string; readonly name: string }
/**
 * Who may open the open mailbox. Without `hasKey` they can ask for it and read nothing; `listed` is false for one who gave
 * up and still knows the keys: {@link Carers.end} renews them.
 */
export type Carer = {
  readonly account: string
  readonly since: string | null
  readonly name: string
  readonly hasKey: boolean
  readonly listed: boolean
}
type Names = Readonly<Record<string, string>>

const reviewOf = (person: string): string => `review ${person}`

export class Carers {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #ports: Ports
  readonly #box: Box
  readonly #mailbox: Mailbox
  readonly #changes: Changes
  readonly #letters: Letters
  readonly held = signal<readonly Held[]>([])
  readonly carers = signal<readonly Carer[]>([])
  readonly #review = signal(false)

  constructor(desk: Desk, transport: Transport, ports: Ports, box: Box, mailbox: Mailbox, changes: Changes) {
    this.#desk = desk
    this.#transport = transport
    this.#ports = ports
    this.#box = box
    this.#mailbox = mailbox
    this.#changes = changes
    this.#letters = new Letters(desk, transport, ports, box)
  }

  /** The person came back by the recovery code, and has not looked yet at who may open the mailbox. */
  get review(): ReadonlySignal<boolean> {
    return this.#review
  }

  /** Ask anew. Raises Refusal. */
  async load(): Promise<void> {
    const { account, ownAccount } = this.#mailbox
    const names = namesFrom(await this.#mailbox.states.load('people'))
    const { list } = await this.#transport.call('Delegation/get', { accountId: account })
    const theirs = list.filter(one => one.account === account)
    this.carers.value = carersOf(theirs, this.#delegates(), names)
    if (account !== ownAccount) return
    const held = list.filter(one => one.delegate === ownAccount && one.account !== ownAccount)
    this.held.value = held.map(one => ({ account: one.account, since: one.since, name: names[one.account] ?? '' }))
  }

  /** A child's letter; nothing that is open is touched. Raises CryptoError `BadCode` before anything is sent, Refusal. */
  withLetter(name: string, code: string, second?: string): Promise<LetterTicket> {
    return this.#letters.open(name, code, second)
  }

  /**
   * The letter's account opens by the person's own keys from now on, and by the recovery code of the last kit. Raises
   * Refusal (`confirmFirst`), KeysNotProved for a key log that is not believed; CryptoError without a kit.
   */
  async adopt(letter: LetterTicket, name: string): Promise<void> {
    if (this.#mailbox.account !== this.#mailbox.ownAccount) throw new Refusal('forbidden')
    const log = await this.#mailbox.seenLog()
    await this.#letters.again(letter, async ({ ticket, account, box, code, second, first }) => {
      const made = await this.#desk.call('adopt', { account, box, code, second, first, log })
      if (made.newKeys === null || made.recoveryKey === null) throw new Refusal('serverFail')
      const [newKeys, recoveryKey] = [keysToWire(made.newKeys), b64u(made.recoveryKey)]
      await this.#transport.bearer<Adopted>(ADOPT, { box: b64u(made.box), newKeys, recoveryKey, ticket })
    })
    await this.#desk.call('forgetRecoveryCode', null)
    learnName(this.#ports.lasting, letter.account, letter.name)
    await this.rename(letter.account, name)
  }

  /**
   * The held mailbox becomes the open one. Raises Refusal; CryptoError `CannotOpen` for a box whose slot the account's
   * present key did not sign, `OlderBox`; KeysNotProved.
   */
  async open(account: string): Promise<void> {
    const newest = (await this.#mailbox.keysOf(account)).slice(-1)
    const signers = newest.map(({ signingKey }) => unb64u(signingKey, 32))
    await this.#mailbox.begin(await this.#box.openHeld(account, signers))
    // Nobody else logs in to it.
    await this.#changes.rotateIfDue()
  }

  /** The person's own mailbox again. */
  async back(): Promise<void> {
    if (this.#mailbox.account === this.#mailbox.ownAccount) return
    await this.#mailbox.begin(await this.#box.leaveHeld())
  }

  /** What the open account's people call somebody. Raises Refusal. */
  async rename(account: string, name: string): Promise<void> {
    const known = await this.#mailbox.states.load('people')
    await this.#mailbox.states.save('people', there => ({ ...namesFrom(there ?? known), [account]: name }))
    await this.load()
  }

  /** Somebody by their account, with what they can read aloud of their keys. Raises Refusal `recipientNotFound`, KeysNotProved. */
  async find(account: string): Promise<{ readonly account: string; readonly fingerprint: string }> {
    if (!isAccount(account) || account === this.#mailbox.account) throw new Refusal('recipientNotFound')
    if ((await this.#mailbox.keysOf(account)).length === 0) throw new Refusal('recipientNotFound')
    const { id } = await this.#mailbox.currentKey(account)
    return { account, fingerprint: inFours(id) }
  }

  /**
   * They may open the open mailbox from now on. Raises Refusal (`confirmFirst`; `forbidden` for an account that has an owner
   * with a password: only they can), KeysNotProved.
   */
  async add(account: string, name: string): Promise<void> {
    this.#needOwner()
    const carer = await this.#changes.carer(account)
    // Access first, the key second: what fails between leaves somebody who can read nothing.
    if ((await this.#delegation(account)) === undefined) await this.#create(account)
    await this.#changes.slots(() => ({ delegates: [carer] }))
    await this.rename(account, name)
  }

  /**
   * They open it no more, and the keys that they know are replaced. `password`: where the account has one. Raises Refusal
   * (`confirmFirst`; `forbidden` for an account that has an owner with a password: only they can), KeysNotProved;
   * CryptoError without a kit.
   */
  async end(account: string, password: string | null = null): Promise<void> {
    this.#needOwner()
    await this.#destroy(await this.#delegation(account))
    await this.#changes.renew('renewed', { password, recovery: true }, account, {})
    await this.load()
  }

  /** The person no longer acts for this account; its other carers renew its keys. Raises Refusal. */
  async giveUp(account: string): Promise<void> {
    await this.back()
    const { ownAccount } = this.#mailbox
    const { list } = await this.#transport.call('Delegation/get', { accountId: ownAccount })
    await this.#destroy(list.find(one => one.account === account && one.delegate === ownAccount))
    await this.load()
  }

  /**
   * After a recovery: whoever could open the mailbox still can, and a thief may have seen to it. `review` stays until the
   * person said that they looked, where there is anybody to look at. Raises Refusal.
   */
  async askToReview(): Promise<void> {
    this.#ports.lasting.set(reviewOf(this.#mailbox.ownAccount), 'yes')
    this.recall()
    await this.load()
    if (this.carers.value.length === 0) this.reviewed()
  }

  /** The person looked at those who may open the mailbox. */
  reviewed(): void {
    this.#ports.lasting.remove(reviewOf(this.#mailbox.ownAccount))
    this.recall()
  }

  /** What is still to be looked at, from before a reload. */
  recall(): void {
    this.#review.value = this.#ports.lasting.get(reviewOf(this.#mailbox.ownAccount)) !== undefined
  }

  /** Nobody is logged in any more. */
  forget(): void {
    this.held.value = []
    this.carers.value = []
    this.#review.value = false
  }

  /** Who acts for somebody with a password does not say who else does. */
  #needOwner(): void {
    const { slots } = this.#box.unlocked.value ?? { slots: [] }
    const isOwners = slots.some(({ type }) => type === 'password')
    if (isOwners && this.#mailbox.account !== this.#mailbox.ownAccount) throw new Refusal('forbidden')
  }

  #delegates(): ReadonlySet<string> {
    return new Set((this.#box.unlocked.value?.slots ?? []).flatMap(({ account }) => (account === null ? [] : [account])))
  }

  async #delegation(delegate: string): Promise<Delegation | undefined> {
    const { account } = this.#mailbox
    const { list } = await this.#transport.call('Delegation/get', { accountId: account })
    return list.find(one => one.account === account && one.delegate === delegate)
  }

  async #create(delegate: string): Promise<void> {
    const given = { accountId: this.#mailbox.account, create: { carer: { delegate } } }
    await confirmed(async () => raise((await this.#transport.call('Delegation/set', given)).notCreated))
  }

  async #destroy(delegation: Delegation | undefined): Promise<void> {
    if (delegation === undefined) return
    const given = { accountId: this.#mailbox.account, destroy: [delegation.id] }
    await confirmed(async () => raise((await this.#transport.call('Delegation/set', given)).notDestroyed))
  }
}

function carersOf(listed: readonly Delegation[], keyed: ReadonlySet<string>, names: Names): readonly Carer[] {
  const since = new Map(listed.map(one => [one.delegate, one.since]))
  return [...new Set([...since.keys(), ...keyed])].map(account => ({
    account,
    since: since.get(account) ?? null,
    name: names[account] ?? '',
    hasKey: keyed.has(account),
    listed: since.has(account),
  }))
}

const inFours = (id: string): string => id.replace(/....(?!$)/g, '$& ')

function namesFrom(value: Json | undefined): Names {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  return Object.fromEntries(Object.entries(value).filter((one): one is [string, string] => typeof one[1] === 'string'))
}
