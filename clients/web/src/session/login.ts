/** The ways in: a password, a passkey, a letter's code, a recovery code, another device (docs/spec/login.md, pairing.md). */
import { b64u } from '../crypto/encoding.ts'
import { isAccount } from '../crypto/shape.ts'
import type { Unlocked } from '../crypto/operations.ts'
import type { PasswordKdf } from '../crypto/password.ts'
import { isRefusal, Refusal } from '../wire/errors.ts'
import { ACTIVATE, LOGIN, TOTP } from '../wire/names.ts'
import type { Tokens } from '../wire/types.ts'
import { askChallenge, ticketOf } from './challenge.ts'
import { keysToWire } from './factorchanges.ts'
import type { Desk } from './desk.ts'
import { firstLook } from './firstlook.ts'
import { signWith } from './factors.ts'
import type { Kit } from './kit.ts'
import { Letters, type LetterTicket } from './letters.ts'
import { forgetName, keepName, lastName, nameOf } from './logins.ts'
import { Opposing } from './opposition.ts'
import { NewDevice } from './pairing.ts'
import type { Cancel, PasskeyAnswer, Ports } from './ports.ts'
import { Recovery, type RecoveryTicket } from './recovery.ts'
import type { Session } from './session.ts'
import type { Transport } from './transport.ts'

export type { LetterTicket } from './letters.ts'
export type { RecoveryTicket } from './recovery.ts'
export type LoginOutcome = { readonly kind: 'open' } | { readonly kind: 'codeNeeded'; readonly ticket: string }

const KNOWN = 'known'
const RESUME_SECONDS = 5
const TICKET_SECONDS = 300 // what a code is asked for with lives no longer (docs/spec/login.md)

export class Login {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #ports: Ports
  readonly #session: Session
  readonly #letters: Letters
  readonly #recovery: Recovery
  /** Refusing the account of a letter. */
  readonly opposing: Opposing
  /** The new device of a pairing. */
  readonly pairing: NewDevice
  /** Kept only between the password and the one-time code: the key box is opened with it after both. */
  #attempt: { readonly name: string; readonly password: string } | undefined

  #stopWaiting: Cancel = () => undefined
  #forgetLater: Cancel = () => undefined

  constructor(desk: Desk, transport: Transport, ports: Ports, session: Session) {
    this.#desk = desk
    this.#transport = transport
    this.#ports = ports
    this.#session = session
    this.#letters = new Letters(desk, transport, ports, session.box)
    this.opposing = new Opposing(desk, transport, this.#letters)
    this.#recovery = new Recovery(desk, transport, ports, session.box)
    this.pairing = new NewDevice(desk, transport, ports, async ({ tokens, account, login }) => {
      await this.#enter(login, tokens, () => session.box.openGranted(account))
    })
  }

  lastName(): string {
    return lastName(this.#ports.lasting)
  }

  /** After a reload: the relay may still know this device by its cookie, and this tab its keys. Never rejects. */
  async resume(): Promise<void> {
    this.#stopWaiting()
    const { phase } = this.#session
    if (this.#ports.lasting.get(KNOWN) === undefined) {
      phase.value = 'out'
      return
    }
    try {
      const account = await this.#account()
      if (this.#session.idle.isOver()) await this.#session.box.forget()
      const unlocked = await this.#session.box.openWithKept(account)
      if (unlocked === undefined) phase.value = 'locked'
      else await this.#session.start(unlocked)
    } catch (error) {
      await this.#notResumed(error)
    }
  }

  /** Whose device this is. While the relay is away, who was logged in here last: what this browser kept can be read. */
  async #account(): Promise<string> {
    try {
      return (await this.#transport.renew()).account
    } catch (error) {
      const known = this.#ports.lasting.get(KNOWN)
      if (!isRefusal(error, 'unreachable') || known === undefined || !isAccount(known)) throw error
      return known
    }
  }

  async #notResumed(error: unknown): Promise<void> {
    const { phase } = this.#session
    if (isRefusal(error, 'unauthorized')) {
      this.#ports.lasting.remove(KNOWN) // its cookie serves no more: there is nothing to renew before the next log-in
      await this.#session.stop(false)
    } else if (isRefusal(error)) {
      // A relay that is away keeps the person where they are: it is asked again until it answers.
      phase.value = 'away'
      this.#resumeLater(Math.max(RESUME_SECONDS, error.retryAfter ?? 0))
    } else {
      await this.#session.box.forget()
      phase.value = 'locked'
    }
  }

  #resumeLater(seconds: number): void {
    const again = (): void => void this.resume()
    const cancel = this.#ports.clock.later(seconds * 1000, again)
    const stop = this.#ports.presence.onReturn(again)
    this.#stopWaiting = () => {
      cancel()
      stop()
    }
  }

  /** The password again, for keys that a reload closed. Raises Refusal; CryptoError `CannotOpen` for a wrong one. */
  async unlock(password: string): Promise<void> {
    const account = await this.#account()
    await this.#session.start(await this.#session.box.openWithPassword(account, password))
  }

  /** A passkey instead of the password. Raises PasskeyFailed, Refusal; CryptoError `CannotOpen` for another account's. */
  async unlockWithPasskey(): Promise<void> {
    await this.#withPasskey(async passkey => {
      const account = await this.#account()
      await this.#session.start(await this.#session.box.openWithPasskey(account, passkey))
    })
  }

  /** Raises Refusal, CryptoError. */
  async withPassword(name: string, password: string): Promise<LoginOutcome> {
    const { challenge, given } = await askChallenge(this.#transport, this.#ports.clock, name, 'password')
    const kdf = challenge.kdf as PasswordKdf // whatever the relay says here is checked by the worker before any work
    const signature = b64u(await this.#desk.call('passwordLogin', { ...given, password, kdf }))
    const trustToken = this.#ports.lasting.get(trustOf(name)) ?? null
    this.#remember(name, password)
    try {
      const tokens = await this.#transport.door<Tokens>(LOGIN, {
        challenge: challenge.challenge,
        device: { trustToken, cookie: true },
        login: name,
        method: 'password',
        signature,
        time: given.time,
      })
      await this.#proceed(tokens)
      return { kind: 'open' }
    } catch (error) {
      if (isRefusal(error, 'mfaRequired')) return { kind: 'codeNeeded', ticket: ticketOf(error) }
      await this.abandon()
      throw error
    }
  }

  /** Nobody gives the code any more: the password is forgotten, and what was made of it in the worker. Never rejects. */
  async abandon(): Promise<void> {
    this.#forgetLater()
    if (this.#attempt === undefined) return
    this.#attempt = undefined
    await this.#desk.call('lock', null)
  }

  #remember(name: string, password: string): void {
    this.#forgetLater()
    this.#attempt = { name, password }
    this.#forgetLater = this.#ports.clock.later(TICKET_SECONDS * 1000, () => void this.abandon())
  }

  /** Raises Refusal. */
  async withCode(ticket: string, code: string, trustDevice: boolean): Promise<void> {
    await this.#proceed(await this.#transport.door<Tokens>(TOTP, { code, ticket, trustDevice, cookie: true }))
  }

  /** Whether this browser knows passkeys. */
  hasPasskeys(): Promise<boolean> {
    return this.#ports.authenticator.available()
  }

  /** Raises PasskeyFailed, Refusal, CryptoError. */
  async withPasskey(): Promise<void> {
    await this.#withPasskey(async passkey => {
      const { account, credential, output } = passkey
      const challenged = await askChallenge(this.#transport, this.#ports.clock, account, 'passkey')
      const tokens = await this.#transport.door<Tokens>(LOGIN, {
        challenge: challenged.challenge.challenge,
        device: { trustToken: null, cookie: true },
        login: account,
        method: 'passkey',
        signature: b64u(await signWith(this.#desk, passkey, challenged)),
        time: challenged.given.time,
      })
      if (tokens.account !== account) throw new Refusal('serverFail')
      const { box } = this.#session
      const name = nameOf(this.#ports.lasting, account)
      await this.#enter(name, tokens, () => box.openWithPasskey(account, { credential, output }))
    })
  }

  async #withPasskey(work: (passkey: PasskeyAnswer) => Promise<void>): Promise<void> {
    const passkey = await this.#ports.authenticator.get([])
    try {
      await work(passkey)
    } finally {
      passkey.output.fill(0)
    }
  }

  /** A recovery code for the printed kit: activation and recovery put the last one into the box. */
  async kit(name: string): Promise<Kit> {
    return { login: name, code: await this.#desk.call('newRecoveryCode', null) }
  }

  /** Whoever leaves the page before the end leaves no code. Never rejects. */
  async abandonKit(): Promise<void> {
    await this.#desk.call('forgetRecoveryCode', null)
  }

  /** Try a letter's code. Raises CryptoError `BadCode` before anything is sent, Refusal. */
  withLetter(name: string, code: string, second?: string): Promise<LetterTicket> {
    return this.#letters.open(name, code, second)
  }

  /**
   * The account becomes the person's own: new keys under their password and the code of the last kit.
   *
   * Raises Refusal; KeysNotProved for a key log that is not believed; CryptoError without a kit.
   */
  async activate(letter: LetterTicket, password: string, totpSecret: string, code: string): Promise<void> {
    const log = await firstLook(this.#desk, this.#transport)
    await this.#letters.again(letter, async one => {
      const { account, box, code: letterCode, second, first } = one
      const made = await this.#desk.call('activate', { account, box, code: letterCode, second, first, log, password })
      if (made.password === null || made.recoveryKey === null || made.newKeys === null) throw new Refusal('serverFail')
      const tokens = await this.#transport.door<Tokens>(ACTIVATE, {
        box: b64u(made.box),
        code,
        cookie: true,
        kdf: made.password.kdf,
        loginKey: b64u(made.password.loginKey),
        newKeys: keysToWire(made.newKeys),
        recoveryKey: b64u(made.recoveryKey),
        ticket: one.ticket,
        totpSecret,
      })
      await this.#enter(letter.name, tokens, () => this.#taken())
    })
  }

  /** Try a recovery code. Raises CryptoError: `BadCode` before anything is sent, `OlderBox`; Refusal. */
  withRecovery(name: string, code: string): Promise<RecoveryTicket> {
    return this.#recovery.open(name, code)
  }

  /** In again, with a new password, a new second proof, and the code of the last kit. Raises Refusal; CryptoError without a kit. */
  async recover(given: RecoveryTicket, password: string, totpSecret: string, code: string): Promise<void> {
    const tokens = await this.#recovery.send(given, password, totpSecret, code)
    await this.#enter(given.name, tokens, () => this.#taken())
    await this.#session.carers.askToReview().catch(unlessRefused) // it stays to be looked at
  }

  /** Leave: this device's session ends at the relay, and nothing readable stays here. */
  async leave(): Promise<void> {
    const { lasting } = this.#ports
    const account = lasting.get(KNOWN) ?? ''
    lasting.remove(KNOWN)
    await this.abandon()
    await this.pairing.cancel()
    await this.#transport.logOut()
    await this.#session.stop(false)
    await this.#ports.store.forget()
    // Whoever did not say that this device is theirs may have borrowed it.
    if (lasting.get(trustOf(this.lastName())) === undefined) forgetName(lasting, account)
  }

  async #taken(): Promise<Unlocked> {
    const unlocked = await this.#session.box.take(await this.#desk.call('takeChange', null))
    this.#session.box.keepHere(unlocked.account)
    return unlocked
  }

  async #proceed(tokens: Tokens): Promise<void> {
    const attempt = this.#attempt
    if (attempt === undefined) throw new Refusal('ticketExpired')
    // From here on it is only this call's: whoever forgets the attempt now does not close the keys that it opens.
    this.#attempt = undefined
    this.#forgetLater()
    const { box } = this.#session
    await this.#enter(attempt.name, tokens, () => box.openWithPassword(tokens.account, attempt.password))
  }

  /** A log-in that the relay took: open the box, and renew keys that are due. Raises Refusal, CryptoError, KeysNotProved. */
  async #enter(name: string, tokens: Tokens, open: () => Promise<Unlocked>): Promise<void> {
    this.#transport.adopt(tokens)
    const { lasting } = this.#ports
    keepName(lasting, tokens.account, name)
    lasting.set(KNOWN, tokens.account)
    if (tokens.trustToken !== undefined) lasting.set(trustOf(name), tokens.trustToken)
    await this.#session.start(await open())
    await this.#session.renewIfDue()
  }
}

function unlessRefused(error: unknown): void {
  if (!isRefusal(error)) throw error
}

const trustOf = (name: string): string => `trust ${name}`
