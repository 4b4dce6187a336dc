/** From a sealed message of the relay to an entry of the mailbox. Every failure becomes an entry with its reason. */
import type { Letter } from '../content/letter.ts'
import { DeskClosed } from '../crypto/desk.ts'
import { b64u, unb64u } from '../crypto/encoding.ts'
import { CryptoError } from '../crypto/errors.ts'
import type { OpenedLetter } from '../crypto/operations.ts'
import { isRefusal } from '../wire/errors.ts'
import type { SealedMessage } from '../wire/types.ts'
import type { Desk } from './desk.ts'
import type { Arrived, Entry, Reason } from './entries.ts'
import { check, type Checked, NotShown } from './incoming.ts'
import { isOfLog, KeysNotProved, type KeyProblem } from './distrust.ts'
import type { KeyLog } from './keylog.ts'
import type { Keyring } from './keyring.ts'
import type { Transport } from './transport.ts'

export class Reader {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #keyring: Keyring
  readonly #log: Pick<KeyLog, 'collect'>
  readonly #account: string
  /** sender and letter id -> hash of its bytes: the same id with other bytes is a replay. */
  readonly #seen = new Map<string, string>()

  constructor(
    desk: Desk,
    transport: Transport,
    keyring: Keyring,
    log: Pick<KeyLog, 'collect'>,
    account: string,
  ) {
    this.#desk = desk
    this.#transport = transport
    this.#keyring = keyring
    this.#log = log
    this.#account = account
  }

  /** Look up at once whose keys these letters need. Never rejects: what fails is told with each letter. */
  prepare(messages: readonly SealedMessage[]): Promise<void> {
    return this.#keyring.prepare(messages.map(({ from }) => from))
  }

  /**
   * `notBefore` (RFC 3339): the letter was not there yet at the last complete look. A relay that says that it came earlier does
   * not make a replaced key good again.
   */
  async read(message: SealedMessage, notBefore?: string): Promise<Entry> {
    const { id, receivedAt, box } = message
    try {
      const opened = await this.#desk.call('openLetter', await this.#sealed(message))
      const { letter, warnings } = await this.#check(message, opened, laterOf(receivedAt, notBefore))
      const hash = b64u(await this.#desk.call('sha256', opened.plaintext))
      this.#take(letter, hash)
      this.#keyring.pin(message.from, await this.#keyring.keysOf(message.from))
      if (letter.checkpoint !== null) this.#log.collect(letter.checkpoint)
      return { kind: 'arrived', id, box, receivedAt, letter, hash, warnings }
    } catch (error) {
      return { kind: 'unreadable', id, receivedAt, reason: reasonOf(error) }
    }
  }

  /** Letters that were checked before, by this browser: what they bring counts as if they had been read now. */
  recall(letters: readonly Arrived[]): void {
    for (const { letter, hash } of letters) {
      this.#seen.set(`${letter.sender.account} ${letter.message}`, hash)
      if (letter.checkpoint !== null) this.#log.collect(letter.checkpoint)
    }
  }

  async #sealed({ sealed, sealedBlobId }: SealedMessage): Promise<Uint8Array> {
    if (sealed !== null) return unb64u(sealed)
    if (sealedBlobId === null) throw new NotShown('cannotOpen')
    const bytes = await this.#transport.download(this.#account, sealedBlobId)
    if ((await this.#desk.call('blobId', bytes)) !== sealedBlobId) throw new NotShown('cannotOpen')
    return bytes
  }

  /** A sender whose key is not known here is looked up anew, once: there may be a newer one. So are one's own new keys. */
  async #check(message: SealedMessage, opened: OpenedLetter, cameAt: string): Promise<Checked> {
    try {
      return await this.#checked(message, opened, cameAt)
    } catch (error) {
      const stale = error instanceof NotShown ? this.#staleBy(error.reason, message.from) : undefined
      if (stale === undefined) throw error
      this.#keyring.refresh(stale)
      await this.#keyring.keysOf(stale)
    }
    return this.#checked(message, opened, cameAt)
  }

  /** Whose line may have grown since it was looked up. */
  #staleBy(reason: Reason, from: string): string | undefined {
    if (reason === 'unknownSenderKey' && from !== this.#account) return from
    return reason === 'sealedToOtherKey' && this.#keyring.ownProblem.value === 'notInLog' ? this.#account : undefined
  }

  async #checked(message: SealedMessage, opened: OpenedLetter, cameAt: string): Promise<Checked> {
    const keys = await this.#keyring.keysOf(message.from)
    const reader = { account: this.#account, keys: this.#keyring.ownKeys }
    return check(opened, message, reader, { keys, pins: this.#keyring.pins }, cameAt)
  }

  #take({ message, sender }: Letter, hash: string): void {
    const key = `${sender.account} ${message}`
    if ((this.#seen.get(key) ?? hash) !== hash) throw new NotShown('replayed')
    this.#seen.set(key, hash)
  }
}

const laterOf = (receivedAt: string, notBefore: string | undefined): string =>
  notBefore !== undefined && Date.parse(notBefore) > Date.parse(receivedAt) ? notBefore : receivedAt

function reasonOf(error: unknown): Reason {
  if (error instanceof NotShown) return error.reason
  if (error instanceof KeysNotProved) return reasonFor(error.reason)
  if (error instanceof CryptoError) return 'cannotOpen'
  if (isRefusal(error)) return error.kind === 'notFound' ? 'cannotOpen' : 'notFetched'
  if (error instanceof DeskClosed) return 'notFetched'
  // Whatever else one letter does to its reader, it must not keep the others from being opened.
  return 'cannotOpen'
}

function reasonFor(problem: KeyProblem): Reason {
  if (isOfLog(problem)) return 'notProved'
  return problem === 'keyChanged' ? 'senderKeyChanged' : 'unknownSenderKey'
}
