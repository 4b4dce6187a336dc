/** From a sealed message of the relay to an entry of the mailbox. Every failure becomes an entry with its reason. */
import { DeskClosed } from '../crypto/desk.ts'
import { b64u, unb64u } from '../crypto/encoding.ts'
import { CryptoError } from '../crypto/errors.ts'
import type { OpenedLetter } from '../crypto/operations.ts'
import { isRefusal } from '../wire/errors.ts'
import type { SealedMessage } from '../wire/types.ts'
import type { Desk } from './desk.ts'
import type { Entry, Reason } from './entries.ts'
import { check, NotShown, type Reader as Identity } from './incoming.ts'
import { KeysNotProved, type Keyring, type KnownKey } from './keyring.ts'
import type { Transport } from './transport.ts'

export class Reader {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #keyring: Keyring
  readonly #identity: Identity
  /** letter id -> hash of its bytes: the same id with other bytes is a replay. */
  readonly #seen = new Map<string, string>()

  constructor(desk: Desk, transport: Transport, keyring: Keyring, identity: Identity) {
    this.#desk = desk
    this.#transport = transport
    this.#keyring = keyring
    this.#identity = identity
  }

  async read(message: SealedMessage): Promise<Entry> {
    const { id, receivedAt, box } = message
    try {
      const opened = await this.#open(message)
      const letter = check(opened, message, this.#identity, await this.#senderKeys(message, opened))
      const hash = b64u(await this.#desk.call('sha256', opened.plaintext))
      if ((this.#seen.get(letter.message) ?? hash) !== hash) throw new NotShown('replayed')
      this.#seen.set(letter.message, hash)
      return { kind: 'arrived', id, box, receivedAt, letter, hash }
    } catch (error) {
      return { kind: 'unreadable', id, receivedAt, reason: reasonOf(error) }
    }
  }

  async #open(message: SealedMessage): Promise<OpenedLetter> {
    return this.#desk.call('openLetter', await this.#sealed(message))
  }

  async #sealed({ sealed, sealedBlobId }: SealedMessage): Promise<Uint8Array> {
    if (sealed !== null) return unb64u(sealed)
    if (sealedBlobId === null) throw new NotShown('cannotOpen')
    const bytes = await this.#transport.download(this.#identity.account, sealedBlobId)
    if ((await this.#desk.call('blobId', bytes)) !== sealedBlobId) throw new NotShown('cannotOpen')
    return bytes
  }

  /** The sender's proved keys; asked anew when the signing key is not among those that are known here. */
  async #senderKeys({ from }: SealedMessage, opened: OpenedLetter): Promise<readonly KnownKey[]> {
    const signer = b64u(opened.senderSigningKey)
    const known = await this.#keyring.keysOf(from)
    if (known.some(({ signingKey }) => signingKey === signer)) return known
    this.#keyring.refresh(from)
    return this.#keyring.keysOf(from)
  }
}

function reasonOf(error: unknown): Reason {
  if (error instanceof NotShown || error instanceof KeysNotProved) return error.reason
  if (error instanceof CryptoError) return 'cannotOpen'
  if (isRefusal(error)) return error.kind === 'notFound' ? 'cannotOpen' : 'notFetched'
  if (error instanceof DeskClosed) return 'notFetched'
  // Whatever else one letter does to its reader, it must not keep the others from being opened.
  return 'cannotOpen'
}
