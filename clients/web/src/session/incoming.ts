/** What a reader checks before showing anything (docs/spec/content.md). Pure: bytes and keys in, a letter or its reason out. */
import { fromBytes, NotALetter, type Letter } from '../content/letter.ts'
import { b64u } from '../crypto/encoding.ts'
import type { OpenedLetter } from '../crypto/operations.ts'
import type { SealedMessage } from '../wire/types.ts'
import type { Pins } from './box.ts'
import type { Reason } from './entries.ts'
import { isSuperseded, keepsPin } from './keyring.ts'
import type { KnownKey } from './line.ts'

export class NotShown extends Error {
  override readonly name = 'NotShown'
  readonly reason: Reason

  constructor(reason: Reason) {
    super(reason)
    this.reason = reason
  }
}

/** Who reads: their account and the hashes (b64u) of all of their own key statements. */
export type Reader = { readonly account: string; readonly statements: ReadonlySet<string> }

/** What the reader knows of the account that the relay names as sender: all of its proved keys, and the pins. */
export type Known = { readonly keys: readonly KnownKey[]; readonly pins: Pins }

/** The letter inside, when checks 1 to 6 hold. Raises NotShown with the first that fails. */
export function check(opened: OpenedLetter, message: SealedMessage, reader: Reader, known: Known): Letter {
  const letter = read(opened.plaintext)
  const own = letter.recipients.find(({ account }) => account === reader.account)
  if (own === undefined) throw new NotShown('notForYou')
  if (letter.recipients.length !== opened.recipients) throw new NotShown('hiddenRecipient')
  if (isMislabelled(message, letter, reader)) throw new NotShown('mislabelled')
  checkSender(letter, opened, message, known)
  if (!reader.statements.has(own.statement)) throw new NotShown('sealedToOtherKey')
  return letter
}

/** What the relay says of the letter beside it, against what its writer sealed in it. */
const isMislabelled = ({ from, clientId, box }: SealedMessage, { sender, message }: Letter, { account }: Reader): boolean =>
  from !== sender.account || clientId !== message || (box === 'out') !== (sender.account === account)

function checkSender({ sender }: Letter, opened: OpenedLetter, message: SealedMessage, { keys, pins }: Known): void {
  const place = keys.findIndex(({ id }) => id === sender.key)
  const key = keys[place]
  if (key?.signingKey !== b64u(opened.senderSigningKey)) throw new NotShown('unknownSenderKey')
  if (seconds(key.createdAt) > seconds(message.receivedAt)) throw new NotShown('unknownSenderKey')
  if (isSuperseded(keys[place + 1], message.receivedAt)) throw new NotShown('unknownSenderKey')
  if (!keepsPin(sender.account, keys, pins)) throw new NotShown('senderKeyChanged')
}

/** To the second, so that texts with and without a fraction compare. */
const seconds = (date: string): string => date.slice(0, 19)

function read(plaintext: Uint8Array): Letter {
  try {
    return fromBytes(plaintext)
  } catch (error) {
    if (error instanceof NotALetter) throw new NotShown(error.reason)
    throw error
  }
}
