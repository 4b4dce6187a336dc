/** What opens the open mailbox, and changing it: password, recovery code, authenticator app, and all of it after a suspicion. */
import { b64u } from '../crypto/encoding.ts'
import type { PasswordKdf } from '../crypto/password.ts'
import { CONFIRM } from '../wire/names.ts'
import type { Confirmed } from '../wire/types.ts'
import type { Box } from './box.ts'
import { askChallenge, type Challenged } from './challenge.ts'
import type { Changes } from './factorchanges.ts'
import type { Desk } from './desk.ts'
import type { Kit } from './kit.ts'
import { nameOf } from './logins.ts'
import type { Mailbox } from './mailbox.ts'
import type { PasskeyAnswer, Ports } from './ports.ts'
import type { Transport } from './transport.ts'

export class Factors {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #ports: Ports
  readonly #box: Box
  readonly #mailbox: Mailbox
  readonly #changes: Changes

  constructor(desk: Desk, transport: Transport, ports: Ports, box: Box, mailbox: Mailbox, changes: Changes) {
    this.#desk = desk
    this.#transport = transport
    this.#ports = ports
    this.#box = box
    this.#mailbox = mailbox
    this.#changes = changes
  }

  /** What opens the box besides keys of others. */
  get has(): { readonly password: boolean; readonly recovery: boolean } {
    const types = new Set((this.#box.unlocked.value?.slots ?? []).map(({ type }) => type))
    return { password: types.has('password'), recovery: types.has('recovery') }
  }

  /** For ten minutes this device may change factors; always as the person, whosever mailbox is open. Raises Refusal. */
  async confirmWithPassword(password: string): Promise<void> {
    const login = nameOf(this.#ports.lasting, this.#mailbox.ownAccount)
    const challenged = await askChallenge(this.#transport, this.#ports.clock, login, 'password')
    const kdf = challenged.challenge.kdf as PasswordKdf // the worker checks it before any work
    const signing = this.#desk.call('passwordLogin', { ...challenged.given, password, kdf })
    const signature = await signing.finally(() => this.#desk.call('forgetPassword', null))
    await this.#confirm('password', challenged, signature)
  }

  /** Raises PasskeyFailed, Refusal. */
  async confirmWithPasskey(): Promise<void> {
    const passkey = await this.#ports.authenticator.get([])
    const challenged = await askChallenge(this.#transport, this.#ports.clock, passkey.account, 'passkey')
    await this.#confirm('passkey', challenged, await signWith(this.#desk, passkey, challenged))
  }

  async #confirm(method: 'password' | 'passkey', { challenge, given }: Challenged, signature: Uint8Array): Promise<void> {
    const said = { challenge: challenge.challenge, method, signature: b64u(signature), time: given.time }
    await this.#transport.bearer<Confirmed>(CONFIRM, said)
  }

  /** A new recovery code for the printed kit. Nothing is changed by it: the next change that asks for one takes it. */
  async kit(): Promise<Kit> {
    const login = nameOf(this.#ports.lasting, this.#mailbox.account)
    return { login, code: await this.#desk.call('newRecoveryCode', null) }
  }

  /** Raises Refusal `confirmFirst`. */
  changePassword(password: string, endOthers: boolean): Promise<void> {
    return this.#changes.slots(() => ({ password }), { endOthers })
  }

  /** The code of the last {@link kit} takes the place of the one before. Raises Refusal; CryptoError without a kit. */
  newRecoveryCode(): Promise<void> {
    return this.#changes.slots(() => ({ recovery: true }))
  }

  /** Raises Refusal `wrongCode`, `confirmFirst`. */
  changeAuthenticator(secret: string, code: string): Promise<void> {
    return this.#changes.slots(() => ({}), { totp: { secret, code } })
  }

  /**
   * Somebody else may have the keys: new ones under a new box key, this password, the code of the last {@link kit}. Every
   * other device ends, and passkeys go. Raises Refusal, KeysNotProved; CryptoError without a kit.
   */
  renew(password: string): Promise<void> {
    return this.#changes.renew('suspected', { password, recovery: true }, undefined, { endOthers: true })
  }
}

/** The signature of a passkey's log-in. The output stays the caller's, to use and to wipe. Raises CryptoError. */
export const signWith = (desk: Desk, { output }: PasskeyAnswer, { given }: Challenged): Promise<Uint8Array> =>
  desk.call('passkeyLogin', { ...given, output })
