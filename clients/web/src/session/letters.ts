/** A letter's code, or its two: what it opens at the relay, and that it opens the letter's box (docs/spec/login.md). */
import { parseCode } from '../crypto/code.ts'
import { b64u, unb64u } from '../crypto/encoding.ts'
import type { Operations } from '../crypto/operations.ts'
import { isRefusal } from '../wire/errors.ts'
import { BOX } from '../wire/names.ts'
import type { BoxAnswer } from '../wire/types.ts'
import type { Box } from './box.ts'
import { askChallenge, ticketFor } from './challenge.ts'
import type { Desk } from './desk.ts'
import type { Ports } from './ports.ts'
import type { Transport } from './transport.ts'

/** As bytes. The worker verifies it. */
type FirstStatement = Operations['activate'][0]['first']

/** A letter whose code fits: good for five minutes, and for one activation. */
export type LetterTicket = {
  readonly name: string
  readonly code: string
  /** The other code of a letter with two. */
  readonly second: string | undefined
  readonly ticket: string
  readonly account: string
  readonly box: Uint8Array
  /** Of the account's line of keys. */
  readonly first: FirstStatement
}

const firstOf = ({ statement, signature, voucher }: BoxAnswer): FirstStatement => ({
  statement: unb64u(statement),
  signature: unb64u(signature),
  voucher: voucher === null ? null : unb64u(voucher),
})

export class Letters {
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

  /** Raises CryptoError `BadCode` before anything is sent, `CannotOpen`, `OlderBox`; Refusal. */
  async open(name: string, code: string, second?: string): Promise<LetterTicket> {
    parseCode(code)
    if (second !== undefined) parseCode(second)
    const challenged = await askChallenge(this.#transport, this.#ports.clock, name, 'letter')
    const signature = b64u(await this.#desk.call('letterLogin', { ...challenged.given, code, second }))
    const ticket = await ticketFor(this.#transport, name, 'letter', challenged, signature)
    const answer = await this.#transport.door<BoxAnswer>(BOX, { ticket })
    const { account } = answer
    const box = unb64u(answer.box)
    const minimumVersion = this.#box.minimumVersion(account)
    await this.#desk.call('tryCode', { account, box, code, second, type: 'letter', minimumVersion })
    return { name, code, second, ticket, account, box, first: firstOf(answer) }
  }

  /** Whoever took longer than a ticket lives gets another one for the same code: nobody should have to hurry here. */
  async again(letter: LetterTicket, work: (letter: LetterTicket) => Promise<void>): Promise<void> {
    try {
      await work(letter)
    } catch (error) {
      if (!isRefusal(error, 'ticketExpired')) throw error
      await work(await this.open(letter.name, letter.code, letter.second))
    }
  }
}
