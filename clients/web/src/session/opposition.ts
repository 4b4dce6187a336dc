/**
 * Refusing an account with its letter's code (docs/spec/login.md, Opposition).
 *
 * Laws: the receipt comes of the letter's codes, so that an answer that was lost is asked for again with the same one; nothing
 * of a refusal is kept in this browser, which others may use.
 */
import { isRefusal } from '../wire/errors.ts'
import { OPPOSE } from '../wire/names.ts'
import type { Opposition } from '../wire/types.ts'
import type { Desk } from './desk.ts'
import type { Letters, LetterTicket } from './letters.ts'
import type { Transport } from './transport.ts'

const NO_TICKET = '' // with a receipt that the relay knows none is needed

/** A log-in name and the codes of its letter, which may open nothing any more. */
type Letter = Pick<LetterTicket, 'name' | 'code' | 'second'>

export class Opposing {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #letters: Letters

  constructor(desk: Desk, transport: Transport, letters: Letters) {
    this.#desk = desk
    this.#transport = transport
    this.#letters = letters
  }

  /** The account is gone when this returns. Raises Refusal: `tooLate`, `wrongCredentials`. */
  async oppose(letter: LetterTicket): Promise<Opposition> {
    let done: Opposition | undefined
    try {
      await this.#letters.again(letter, async ({ ticket }) => {
        done = await this.#send(letter, ticket)
      })
    } catch (error) {
      if (!isRefusal(error, 'wrongCredentials')) throw error
      // The code opens nothing any more: perhaps because its account was refused.
      done = await this.before(letter)
      if (done === undefined) throw error
    }
    if (done === undefined) throw new Error('nothing was sent')
    return done
  }

  /** The refusal that was made with this letter before, where its answer was lost. Raises Refusal. */
  async before(letter: Letter): Promise<Opposition | undefined> {
    try {
      return await this.#send(letter, NO_TICKET)
    } catch (error) {
      if (isRefusal(error, 'ticketExpired')) return undefined
      throw error
    }
  }

  async #send({ name, code, second }: Letter, ticket: string): Promise<Opposition> {
    const receipt = await this.#desk.call('oppositionReceipt', { login: name, code, second })
    return this.#transport.door<Opposition>(OPPOSE, { login: name, receipt, ticket })
  }
}
