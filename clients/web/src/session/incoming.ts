/** What a reader checks before showing anything (docs/spec/content.md). Pure: bytes and keys in, a letter or its reason out. */
import { fromBytes, NotALetter, type Letter } from '../content/letter.ts'
import { b64u } from '../crypto/encoding.ts'
import type { OpenedLetter } from '../crypto/operations.ts'
import type { SealedMessage } from '../wire/types.ts'
import type { Pins } from './box.ts'
import type { Reason, Warning } from './entries.ts'
import { isStale, isSuperseded, keepsPin } from './keyring.ts'
import type { Chain } from './line.ts'

export class NotShown extends Error {
  override readonly name = 'NotShown'
  readonly reason: Reason

  constructor(reason: Reason) {
    super(reason)
    this.reason = reason
  }
}

/** Who reads: their account, and all of their own keys, the oldest first. */
export type Reader = { readonly account: string; readonly keys: Chain }

/** What the reader knows of the account that the relay names as sender: all of its proved keys, and the pins. */
export type Known = { readonly keys: Chain; readonly pins: Pins }

export type Checked = { readonly letter: Letter; readonly warnings: readonly Warning[] }

/**
 * The letter inside, when checks 1 to 6 hold. `cameAt`: when it came, as far as the reader knows; a relay may say an older
 * `receivedAt`. Raises NotShown with the first that fails.
 */
export function check(opened: OpenedLetter, message: SealedMessage, reader: Reader, known: Known, cameAt: string): Checked {
  const letter = read(opened.plaintext)
  const own = letter.recipients.find(({ account }) => account === reader.account)
  if (own === undefined) throw new NotShown('notForYou')
  if (letter.recipients.length !== opened.recipients) throw new NotShown('hiddenRecipient')
  if (isMislabelled(message, letter, reader)) throw new NotShown('mislabelled')
  checkSender(letter, opened, message, known, cameAt)
  const place = reader.keys.findIndex(({ statement }) => statement === own.statement)
  if (place < 0) throw new NotShown('sealedToOtherKey')
  return { letter, warnings: isStale(reader.keys[place + 1], cameAt) ? ['staleKeyUsed'] : [] }
}

/** What the relay says of the letter beside it, against what its writer sealed in it. */
const isMislabelled = ({ from, clientId, box }: SealedMessage, { sender, message }: Letter, { account }: Reader): boolean =>
  from !== sender.account || clientId !== message || (box === 'out') !== (sender.account === account)

function checkSender({ sender }: Letter, opened: OpenedLetter, message: SealedMessage, { keys, pins }: Known, cameAt: string): void {
  const place = keys.findIndex(({ id }) => id === sender.key)
  const key = keys[place]
  if (key?.signingKey !== b64u(opened.senderSigningKey)) throw new NotShown('unknownSenderKey')
  if (seconds(key.createdAt) > seconds(message.receivedAt)) throw new NotShown('unknownSenderKey')
  if (isSuperseded(keys[place + 1], cameAt)) throw new NotShown('unknownSenderKey')
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
