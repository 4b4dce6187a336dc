/** The way back in with the printed code: a new password, a new code and a new second proof (docs/spec/login.md). */
import { parseCode } from '../crypto/code.ts'
import { b64u, unb64u } from '../crypto/encoding.ts'
import { Refusal, isRefusal } from '../wire/errors.ts'
import { BOX, RECOVER } from '../wire/names.ts'
import type { BoxAnswer, Tokens } from '../wire/types.ts'
import type { Box } from './box.ts'
import { askChallenge, ticketFor } from './challenge.ts'
import type { Desk } from './desk.ts'
import type { Ports } from './ports.ts'
import type { Transport } from './transport.ts'

/** A recovery code that fits: good for five minutes, and for one recovery. */
export type RecoveryTicket = {
  readonly name: string
  readonly code: string
  readonly ticket: string
  readonly account: string
  readonly box: Uint8Array
}

export class Recovery {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #ports: Pick<Ports, 'clock'>
  readonly #box: Box

  constructor(desk: Desk, transport: Transport, ports: Pick<Ports, 'clock'>, box: Box) {
    this.#desk = desk
    this.#transport = transport
    this.#ports = ports
    this.#box = box
  }

  /** Raises CryptoError: `BadCode` before anything is sent, `CannotOpen`, `OlderBox`; Refusal. */
  async open(name: string, code: string): Promise<RecoveryTicket> {
    parseCode(code)
    const challenged = await askChallenge(this.#transport, this.#ports.clock, name, 'recovery')
    const signature = b64u(await this.#desk.call('recoveryLogin', { ...challenged.given, code }))
    const ticket = await ticketFor(this.#transport, name, 'recovery', challenged, signature)
    const { account, box: sealed } = await this.#transport.door<BoxAnswer>(BOX, { ticket })
    const [box, minimumVersion] = [unb64u(sealed), this.#box.minimumVersion(account)]
    await this.#desk.call('tryCode', { account, box, code, type: 'recovery', minimumVersion })
    return { name, code, ticket, account, box }
  }

  /** The tokens that the relay gives for it; the box is to be taken next. Raises Refusal; CryptoError without a kit. */
  async send(given: RecoveryTicket, password: string, totpSecret: string, code: string): Promise<Tokens> {
    try {
      return await this.#send(given, password, totpSecret, code)
    } catch (error) {
      // A ticket that ran out, or a box that another device changed meanwhile: the same code gets another.
      if (!isRefusal(error, 'ticketExpired') && !isRefusal(error, 'stateMismatch')) throw error
      return this.#send(await this.open(given.name, given.code), password, totpSecret, code)
    }
  }

  async #send({ account, box, code, ticket }: RecoveryTicket, password: string, totpSecret: string, digits: string): Promise<Tokens> {
    const minimumVersion = this.#box.minimumVersion(account)
    const made = await this.#desk.call('recover', { account, box, code, password, minimumVersion })
    if (made.password === null || made.recoveryKey === null) throw new Refusal('serverFail')
    return this.#transport.door<Tokens>(RECOVER, {
      box: b64u(made.box),
      code: digits,
      cookie: true,
      kdf: made.password.kdf,
      loginKey: b64u(made.password.loginKey),
      recoveryKey: b64u(made.recoveryKey),
      ticket,
      totpSecret,
    })
  }
}
