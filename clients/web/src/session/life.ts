/** The end of an account (docs/spec/login.md, Closing). */
import { signal } from '@preact/signals'
import { CLOSE } from '../wire/names.ts'
import type { Closed } from '../wire/types.ts'
import type { Mailbox } from './mailbox.ts'
import type { Transport } from './transport.ts'

export class Life {
  readonly #transport: Transport
  readonly #mailbox: Mailbox
  /** What was closed last, for the page that says so when nobody is logged in any more. */
  readonly closed = signal<Closed | undefined>(undefined)

  constructor(transport: Transport, mailbox: Mailbox) {
    this.#transport = transport
    this.#mailbox = mailbox
  }

  /**
   * Close the open mailbox: gone for everybody else at once, archived sealed. Whoever calls leaves it then.
   *
   * Raises Refusal: `confirmFirst`; `forbidden` while it holds another that nobody else could open.
   */
  async close(): Promise<void> {
    const { account } = this.#mailbox
    this.closed.value = await this.#transport.bearer<Closed>(CLOSE, { account })
  }
}
