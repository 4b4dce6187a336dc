/**
 * Bytes that a person seals for themselves and that outlive a change of keys: an envelope, not a state (docs/spec/envelope.md).
 *
 * Law: only what one of the person's own keys signed is believed.
 */
import { b64u } from '../crypto/encoding.ts'
import { CryptoError } from '../crypto/errors.ts'
import type { Desk } from './desk.ts'
import type { Mailbox } from './mailbox.ts'

export class OwnEnvelope {
  readonly #desk: Desk
  readonly #mailbox: Mailbox

  constructor(desk: Desk, mailbox: Mailbox) {
    this.#desk = desk
    this.#mailbox = mailbox
  }

  /** `others`: sealing keys of those who may open it too. Raises KeysNotProved, Refusal. */
  async seal(plaintext: Uint8Array, others: readonly Uint8Array[] = []): Promise<Uint8Array> {
    const { sealingKey } = await this.#mailbox.currentKey(this.#mailbox.account)
    return this.#desk.call('sealLetter', { plaintext, recipients: [sealingKey, ...others] })
  }

  /** Undefined for what none of the person's keys opens, or none of them signed. Raises KeysNotProved, Refusal. */
  async open(sealed: Uint8Array): Promise<Uint8Array | undefined> {
    const chain = await this.#mailbox.keysOf(this.#mailbox.account)
    try {
      const { plaintext, senderSigningKey } = await this.#desk.call('openLetter', sealed)
      const signer = b64u(senderSigningKey)
      return chain.some(({ signingKey }) => signingKey === signer) ? plaintext : undefined
    } catch (error) {
      if (error instanceof CryptoError) return undefined
      throw error
    }
  }
}
