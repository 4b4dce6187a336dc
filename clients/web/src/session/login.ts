/** From a name and a password to open keys (docs/spec/login.md), and from a letter's code to an account of one's own. */
import { b64u, unb64u } from '../crypto/encoding.ts'
import type { Challenge as SignedChallenge } from '../crypto/operations.ts'
import type { PasswordKdf } from '../crypto/password.ts'
import { isRefusal, Refusal } from '../wire/errors.ts'
import { ACTIVATE, BOX, CHALLENGE, LOGIN, TOTP } from '../wire/names.ts'
import type { BoxAnswer, Challenge, LoginMethod, Tokens } from '../wire/types.ts'
import type { Desk } from './desk.ts'
import type { Cancel, Ports } from './ports.ts'
import type { Session } from './session.ts'
import type { Transport } from './transport.ts'

export type LoginOutcome = { readonly kind: 'open' } | { readonly kind: 'codeNeeded'; readonly ticket: string }

/** A letter whose code fits: good for five minutes, and for one activation. */
export type LetterTicket = {
  readonly name: string
  readonly code: string
  readonly ticket: string
  readonly account: string
  readonly box: Uint8Array
}

const LAST_NAME = 'name'
const KNOWN = 'known'
const RESUME_SECONDS = 5
const TICKET_SECONDS = 300 // what a code is asked for with lives no longer (docs/spec/login.md)

export class Login {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #ports: Ports
  readonly #session: Session
  /** Kept only between the password and the one-time code: the key box is opened with it after both. */
  #attempt: { readonly name: string; readonly password: string } | undefined

  #stopWaiting: Cancel = () => undefined
  #forgetLater: Cancel = () => undefined

  constructor(desk: Desk, transport: Transport, ports: Ports, session: Session) {
    this.#desk = desk
    this.#transport = transport
    this.#ports = ports
    this.#session = session
  }

  lastName(): string {
    return this.#ports.lasting.get(LAST_NAME) ?? ''
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
      const { account } = await this.#transport.renew()
      if (this.#session.idle.isOver()) await this.#session.box.forget()
      const unlocked = await this.#session.box.openWithKept(account)
      if (unlocked === undefined) phase.value = 'locked'
      else await this.#session.start(unlocked)
    } catch (error) {
      await this.#notResumed(error)
    }
  }

  async #notResumed(error: unknown): Promise<void> {
    const { phase } = this.#session
    if (isRefusal(error, 'unauthorized')) {
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
    const { account } = await this.#transport.renew()
    await this.#session.start(await this.#session.box.openWithPassword(account, password))
  }

  /** Raises Refusal, CryptoError. */
  async withPassword(name: string, password: string): Promise<LoginOutcome> {
    const { challenge, given } = await this.#challenge(name, 'password')
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
      await this.#enter(tokens)
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
    await this.#enter(await this.#transport.door<Tokens>(TOTP, { code, ticket, trustDevice, cookie: true }))
  }

  /** Try a letter's code. Raises CryptoError `BadCode` before anything is sent, Refusal. */
  async withLetter(name: string, code: string): Promise<LetterTicket> {
    const { challenge, given } = await this.#challenge(name, 'letter')
    const signature = b64u(await this.#desk.call('letterLogin', { ...given, code }))
    const ticket = await this.#letterTicket(name, challenge, given.time, signature)
    const { account, box: sealed } = await this.#transport.door<BoxAnswer>(BOX, { ticket })
    const box = unb64u(sealed)
    await this.#desk.call('unlockWithCode', { account, box, code, type: 'letter', minimumVersion: 1 })
    return { name, code, ticket, account, box }
  }

  /**
   * The account becomes the person's own: new keys under their password. Raises Refusal, CryptoError.
   *
   * Whoever took longer than a ticket lives gets another one for the same code: nobody should have to hurry here.
   */
  async activate(letter: LetterTicket, password: string, totpSecret: string, code: string): Promise<void> {
    try {
      await this.#activate(letter, password, totpSecret, code)
    } catch (error) {
      if (!isRefusal(error, 'ticketExpired')) throw error
      await this.#activate(await this.withLetter(letter.name, letter.code), password, totpSecret, code)
    }
  }

  async #activate(letter: LetterTicket, password: string, totpSecret: string, code: string): Promise<void> {
    const { account, box } = letter
    const made = await this.#desk.call('activate', { account, box, code: letter.code, password })
    const tokens = await this.#transport.door<Tokens>(ACTIVATE, {
      box: b64u(made.box),
      code,
      cookie: true,
      kdf: made.kdf,
      loginKey: b64u(made.loginKey),
      newKeys: {
        sealingKey: b64u(made.newKeys.sealingKey),
        signature: b64u(made.newKeys.signature),
        signingKey: b64u(made.newKeys.signingKey),
        statement: b64u(made.newKeys.statement),
      },
      ticket: letter.ticket,
      totpSecret,
    })
    this.#adopt(letter.name, tokens)
    await this.#session.start(await this.#session.box.take(made.unlocked))
  }

  /** Leave: this device's session ends at the relay, and nothing readable stays here. */
  async leave(): Promise<void> {
    this.#ports.lasting.remove(KNOWN)
    await this.abandon()
    await this.#transport.logOut()
    await this.#session.stop(false)
  }

  async #challenge(
    login: string,
    method: LoginMethod,
  ): Promise<{ readonly challenge: Challenge; readonly given: SignedChallenge }> {
    const challenge = await this.#transport.door<Challenge>(CHALLENGE, { login, method })
    const { account } = challenge
    const time = `${this.#ports.clock.now().toISOString().slice(0, 19)}Z`
    return { challenge, given: { account, challenge: challenge.challenge, origin: this.#transport.origin, time } }
  }

  async #letterTicket(login: string, { challenge }: Challenge, time: string, signature: string): Promise<string> {
    try {
      await this.#transport.door(LOGIN, { challenge, device: null, login, method: 'letter', signature, time })
    } catch (error) {
      if (isRefusal(error, 'mfaRequired')) return ticketOf(error)
      throw error
    }
    throw new Refusal('serverFail') // a letter's log-in never gives tokens
  }

  async #enter(tokens: Tokens): Promise<void> {
    const attempt = this.#attempt
    if (attempt === undefined) throw new Refusal('ticketExpired')
    // From here on it is only this call's: whoever forgets the attempt now does not close the keys that it opens.
    this.#attempt = undefined
    this.#forgetLater()
    this.#adopt(attempt.name, tokens)
    await this.#session.start(await this.#session.box.openWithPassword(tokens.account, attempt.password))
  }

  #adopt(name: string, tokens: Tokens): void {
    this.#transport.adopt(tokens)
    const { lasting } = this.#ports
    lasting.set(LAST_NAME, name)
    lasting.set(KNOWN, 'yes')
    if (tokens.trustToken !== undefined) lasting.set(trustOf(name), tokens.trustToken)
  }
}

const trustOf = (name: string): string => `trust ${name}`

function ticketOf({ members }: Refusal): string {
  const { ticket } = members
  if (typeof ticket !== 'string') throw new Refusal('serverFail')
  return ticket
}
