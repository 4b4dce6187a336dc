/** From a draft to a delivered letter: builds, seals to proved keys, submits once (docs/spec/content.md, protocol.md). */
import { filesOf, SUBJECT_LIMIT, toBytes, type Letter, type LogSeen } from '../content/letter.ts'
import type { Part } from '../content/kinds.ts'
import { withQuoted } from '../content/quoting.ts'
import { b64u } from '../crypto/encoding.ts'
import { fromError, isRefusal, Refusal } from '../wire/errors.ts'
import { MAX_INLINE_SEALED } from '../wire/limits.ts'
import type { NewMessage } from '../wire/types.ts'
import type { Aim } from './aim.ts'
import type { Desk } from './desk.ts'
import type { Arrived } from './entries.ts'
import type { KeyLog } from './keylog.ts'
import type { Keyring } from './keyring.ts'
import type { KnownKey } from './line.ts'
import type { Transport } from './transport.ts'

/** A letter as it was written. `message` is drawn once: sending twice delivers once. */
export type Draft = {
  readonly message: string
  readonly to: Aim
  readonly subject: string
  readonly text: string
  readonly parts: readonly Part[]
  /** What stands below the text where ordinary mail is answered: the line above it, and the text that it is taken from. */
  readonly quoting?: { readonly wrote: string; readonly earlier: string }
}

/** Who writes. */
export type Author = { readonly account: string; readonly key: string; readonly name: string }

const ATTEMPTS = 3

const utc = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`

/** The accounts that a letter goes to, the writer's own copy included, sorted. */
export const recipientsOf = ({ to }: Draft, own: string): readonly string[] => [...new Set([to.account, own])].sort()

/**
 * The letter that says this draft. `thread` holds every letter of the thread: the writer's own are counted.
 *
 * `checkpoint` is how far the writer saw the key log: a reader who is shown another one notices.
 */
export function buildLetter(
  draft: Draft,
  author: Author,
  keys: ReadonlyMap<string, KnownKey>,
  thread: readonly Arrived[],
  now: Date,
  checkpoint: LogSeen | null,
): Letter {
  const { to } = draft
  const last = thread
    .filter(({ letter }) => letter.sender.account === author.account)
    .reduce<Arrived | undefined>((best, one) => (one.letter.counter > (best?.letter.counter ?? 0) ? one : best), undefined)
  return {
    checkpoint,
    counter: (last?.letter.counter ?? 0) + 1,
    html: null,
    inReplyTo: to.inReplyTo,
    mail: to.mail,
    message: draft.message,
    parts: draft.parts,
    previous: last?.hash ?? null,
    recipients: [...keys].map(([account, { statement }]) => ({ account, statement })),
    sender: { account: author.account, address: to.from, key: author.key, name: author.name },
    sent: utc(now),
    subject: draft.subject.slice(0, SUBJECT_LIMIT),
    text: draft.quoting === undefined ? draft.text : withQuoted(draft.text, draft.quoting.wrote, draft.quoting.earlier),
    thread: to.thread,
  }
}

/** The relay took this letter before: the same bytes, or sealed anew, which makes others. Its id is drawn for it alone. */
const isThere = (error: unknown): boolean =>
  isRefusal(error, 'alreadyExists') ||
  (isRefusal(error, 'invalidProperties') && JSON.stringify(error.members['properties']) === '["clientId"]')

export class Outgoing {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #keyring: Keyring
  readonly #log: Pick<KeyLog, 'newest'>

  constructor(desk: Desk, transport: Transport, keyring: Keyring, log: Pick<KeyLog, 'newest'>) {
    this.#desk = desk
    this.#transport = transport
    this.#keyring = keyring
    this.#log = log
  }

  /** Deliver to all or none. Sealed again when a recipient has newer keys. Raises Refusal, KeysNotProved. */
  async send(draft: Draft, author: Author, thread: readonly Arrived[], now: Date): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#submit(author.account, await this.#seal(draft, author, thread, now))
        await this.#pin(draft, author)
        return
      } catch (error) {
        if (isThere(error)) return
        if (!isRefusal(error, 'recipientKeyStale') || attempt === ATTEMPTS) throw error
        for (const account of recipientsOf(draft, author.account)) this.#keyring.refresh(account)
      }
    }
  }

  /** Whoever was written to is known by the keys that were used. */
  async #pin(draft: Draft, author: Author): Promise<void> {
    for (const account of recipientsOf(draft, author.account)) {
      this.#keyring.pin(account, await this.#keyring.keysOf(account))
    }
  }

  async #seal(draft: Draft, author: Author, thread: readonly Arrived[], now: Date): Promise<NewMessage> {
    const keys = await this.#keyring.currentKeys(recipientsOf(draft, author.account))
    const letter = buildLetter(draft, author, keys, thread, now, this.#log.newest)
    const recipients = [...keys.values()].map(({ sealingKey }) => sealingKey)
    const sealed = await this.#desk.call('sealLetter', { plaintext: toBytes(letter), recipients })
    const common = {
      clientId: letter.message,
      to: [...keys].map(([account, { id }]) => ({ account, keyId: id })),
      blobIds: [...new Set(filesOf(letter).flatMap(({ chunks }) => chunks))],
    }
    if (sealed.length <= MAX_INLINE_SEALED) return { ...common, sealed: b64u(sealed) }
    return { ...common, sealedBlobId: (await this.#transport.upload(author.account, sealed)).blobId }
  }

  async #submit(account: string, message: NewMessage): Promise<void> {
    const done = await this.#transport.call('SealedMessage/set', { accountId: account, create: { letter: message } })
    const refused = done.notCreated?.['letter']
    if (refused !== undefined) throw fromError(refused)
    if (done.created?.['letter'] === undefined) throw new Refusal('serverFail')
  }
}
