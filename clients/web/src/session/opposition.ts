/**
 * Refusing an account with its letter's code (docs/spec/login.md, Opposition).
 *
 * Law: the receipt is drawn and kept before it is sent: an answer that was lost is asked for again with the same one.
 */
import { base32 } from '../crypto/encoding.ts'
import { isRefusal } from '../wire/errors.ts'
import { OPPOSE } from '../wire/names.ts'
import type { Opposition } from '../wire/types.ts'
import type { Letters, LetterTicket } from './letters.ts'
import type { Memory } from './ports.ts'
import type { Transport } from './transport.ts'

const NO_TICKET = '' // with a receipt that the relay knows none is needed

export class Opposing {
  readonly #transport: Transport
  readonly #letters: Letters
  readonly #lasting: Memory

  constructor(transport: Transport, letters: Letters, lasting: Memory) {
    this.#transport = transport
    this.#letters = letters
    this.#lasting = lasting
  }

  /** The account is gone when this returns. Raises Refusal: `tooLate`, `wrongCredentials`. */
  async oppose(letter: LetterTicket): Promise<Opposition> {
    const receipt = this.#lasting.get(kept(letter.name)) ?? newReceipt()
    this.#lasting.set(kept(letter.name), receipt)
    let done: Opposition | undefined
    try {
      await this.#letters.again(letter, async ({ ticket }) => {
        done = await this.#send(letter.name, receipt, ticket)
      })
    } catch (error) {
      if (!isRefusal(error, 'wrongCredentials')) throw error
      // The code opens nothing any more: perhaps because it was this receipt's refusal.
      done = await this.before(letter.name)
      if (done === undefined) throw error
    }
    if (done === undefined) throw new Error('nothing was sent')
    return done
  }

  /** The refusal that was sent from this browser, where its answer was lost. Raises Refusal. */
  async before(name: string): Promise<Opposition | undefined> {
    const receipt = this.#lasting.get(kept(name))
    if (receipt === undefined) return undefined
    try {
      return await this.#send(name, receipt, NO_TICKET)
    } catch (error) {
      if (isRefusal(error, 'ticketExpired')) return undefined
      throw error
    }
  }

  /** The person has the receipt: nothing of it stays in this browser. */
  forget(name: string): void {
    this.#lasting.remove(kept(name))
  }

  #send(login: string, receipt: string, ticket: string): Promise<Opposition> {
    return this.#transport.door<Opposition>(OPPOSE, { login, receipt, ticket })
  }
}

const kept = (name: string): string => `opposition ${name}`

/** `o` and 26 letters: 128 random bits. */
const newReceipt = (): string => `o${base32(crypto.getRandomValues(new Uint8Array(16)))}`
