/**
 * Brings changes of the open mailbox's factors and keys to the relay, in one request each (docs/spec/login.md, Changing factors).
 *
 * Law: the page goes on with a changed box only when the relay has taken it.
 */
import { b64u, unb64u } from '../crypto/encoding.ts'
import type { Carer, Change, Changed, NewKeys, Unlocked } from '../crypto/operations.ts'
import { isRefusal, Refusal } from '../wire/errors.ts'
import { FACTORS, factorsOf } from '../wire/names.ts'
import type { FactorsDone, NewMethods } from '../wire/types.ts'
import type { Box } from './box.ts'
import type { Desk } from './desk.ts'
import { KeysNotProved } from './distrust.ts'
import type { Mailbox } from './mailbox.ts'
import { lift, settle } from './moving.ts'
import type { Ports } from './ports.ts'
import type { Transport } from './transport.ts'

/** A secret of an authenticator app, and a code of it as proof. */
export type NewTotp = { readonly secret: string; readonly code: string }
/** What is told beside the box. `passkeys`: all that there shall be, made of the change itself; null: as they are. */
export type Beside = {
  readonly endOthers?: boolean
  readonly totp?: NewTotp | null
  readonly passkeys?: (changed: Changed) => NewMethods['passkeys'] | Promise<NewMethods['passkeys']>
}
type Secrets = Pick<Change, 'password' | 'recovery'>

const NOTHING: Change = {
  keys: 'stay',
  password: null,
  recovery: false,
  passkey: null,
  drop: [],
  delegates: [],
  statement: null,
}

export class Changes {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #ports: Pick<Ports, 'lasting'>
  readonly #box: Box
  readonly #mailbox: Mailbox

  constructor(desk: Desk, transport: Transport, ports: Pick<Ports, 'lasting'>, box: Box, mailbox: Mailbox) {
    this.#desk = desk
    this.#transport = transport
    this.#ports = ports
    this.#box = box
    this.#mailbox = mailbox
  }

  /** Same keys, same box key: slots come and go. `ask` is asked again when another device was faster. Raises Refusal. */
  async slots(ask: (there: Unlocked) => Partial<Change>, beside: Beside = {}): Promise<void> {
    await this.#send(there => ({ ...NOTHING, ...ask(there) }), beside)
  }

  /**
   * Keys in use for a year are replaced, under the same box key: by itself, where nothing stands in the way.
   *
   * Raises CryptoError for a box that does not hold what it should.
   */
  async rotateIfDue(): Promise<void> {
    if (!this.#there.due) return
    try {
      await this.#rotate()
    } catch (error) {
      // Not confirmed, not reached, or a delegate's keys are not proved: the next log-in tries again.
      if (!isRefusal(error) && !(error instanceof KeysNotProved)) throw error
    }
  }

  async #rotate(): Promise<void> {
    const { keyId } = this.#there
    const unlocked = await this.#send(async there => {
      if (!there.due) return undefined
      return { ...NOTHING, keys: 'rotated', delegates: await this.#delegates(there), statement: await this.#statement() }
    }, {})
    if (unlocked.keyId !== keyId) await this.#mailbox.begin(unlocked)
  }

  /**
   * New keys under a new box key: only these secrets open it, and all delegates but `without`. The person's passkeys go.
   *
   * Raises Refusal, CryptoError, KeysNotProved: then nothing was changed.
   */
  async renew(keys: 'renewed' | 'suspected', secrets: Secrets, without: string | undefined, beside: Beside): Promise<void> {
    const { account, states, ownAccount } = this.#mailbox
    const place = { desk: this.#desk, transport: this.#transport, lasting: this.#ports.lasting, account }
    const lifted = await lift(place, states, account === ownAccount)
    const unlocked = await this.#send(
      async there => ({
        ...NOTHING,
        ...secrets,
        keys,
        delegates: await this.#delegates(there, without),
        statement: await this.#statement(),
      }),
      // Of an account that one acts for, the relay is told nothing of log-in keys but the recovery code's.
      { ...(account === ownAccount && { passkeys: () => [] }), ...beside },
    )
    await settle(place, lifted)
    await this.#mailbox.begin(unlocked)
  }

  #send(ask: (there: Unlocked) => Change | undefined | Promise<Change | undefined>, beside: Beside): Promise<Unlocked> {
    const { account, ownAccount } = this.#mailbox
    const door = account === ownAccount ? FACTORS : factorsOf(account)
    return this.#box.change(account, ask, async changed => {
      await this.#transport.bearer<FactorsDone>(door, await bodyOf(changed, beside))
    })
  }

  get #there(): Unlocked {
    const there = this.#box.unlocked.value
    if (there === undefined) throw new Refusal('unauthorized')
    return there
  }

  /**
   * Who opens the box with keys of their own, by the keys that they have now. Whoever gave up, or was ended at the relay, is
   * not sealed the new ones: a slot alone makes no delegate. Raises KeysNotProved, Refusal.
   */
  async #delegates({ account: of, slots }: Unlocked, without?: string): Promise<readonly Carer[]> {
    const keyed = new Set(slots.flatMap(({ account }) => (account === null || account === without ? [] : [account])))
    if (keyed.size === 0) return []
    const { list } = await this.#transport.call('Delegation/get', { accountId: of })
    const listed = new Set(list.flatMap(({ account, delegate }) => (account === of && keyed.has(delegate) ? [delegate] : [])))
    return Promise.all([...listed].map(account => this.carer(account)))
  }

  /** Somebody who is to open the box: by the key that the directory proves to be theirs. Raises KeysNotProved, Refusal. */
  async carer(account: string): Promise<Carer> {
    const { signingKey, sealingKey } = await this.#mailbox.currentKey(account)
    return { account, signingKey: unb64u(signingKey, 32), sealingKey }
  }

  /** The statement that the next one follows: the relay's bytes, if they are those that were proved. Raises Refusal. */
  async #statement(): Promise<Uint8Array> {
    const { account } = this.#mailbox
    const newest = (await this.#mailbox.keysOf(account)).at(-1)
    const { list } = await this.#transport.call('PublicKey/get', { accountId: account })
    for (const { statement } of list) {
      const raw = unb64u(statement)
      if (b64u(await this.#desk.call('sha256', raw)) === newest?.statement) return raw
    }
    throw new Refusal('serverFail')
  }
}

async function bodyOf(changed: Changed, { endOthers = false, totp = null, passkeys }: Beside): Promise<object> {
  const { box, newKeys, password, recoveryKey } = changed
  const methods: NewMethods = {
    passkeys: passkeys === undefined ? null : await passkeys(changed),
    password: password === null ? null : { kdf: password.kdf, loginKey: b64u(password.loginKey) },
    recovery: recoveryKey === null ? null : { loginKey: b64u(recoveryKey) },
  }
  return { box: b64u(box), endOthers, methods, newKeys: newKeys === null ? null : keysToWire(newKeys), totp }
}

/** As the doors take them. */
export const keysToWire = ({ sealingKey, signature, signingKey, statement }: NewKeys): object => ({
  sealingKey: b64u(sealingKey),
  signature: b64u(signature),
  signingKey: b64u(signingKey),
  statement: b64u(statement),
})
