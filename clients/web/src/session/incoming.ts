/** What a reader checks before showing anything (docs/spec/content.md). Pure: bytes and keys in, a letter or its reason out. */
import { fromBytes, NotALetter, type Letter } from '../content/letter.ts'
import { b64u } from '../crypto/encoding.ts'
import type { OpenedLetter } from '../crypto/operations.ts'
import type { SealedMessage } from '../wire/types.ts'
import type { Reason } from './entries.ts'
import type { KnownKey } from './keyring.ts'

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

/** The letter inside, when checks 1 to 6 hold; `keys` are all proved keys of the account that the relay names as sender. */
export function check(
  opened: OpenedLetter,
  message: SealedMessage,
  reader: Reader,
  keys: readonly KnownKey[],
): Letter {
  const letter = read(opened.plaintext)
  const own = letter.recipients.find(({ account }) => account === reader.account)
  if (own === undefined) throw new NotShown('notForYou')
  if (!isSortedOnce(letter.recipients.map(({ account }) => account))) throw new NotShown('hiddenRecipient')
  if (letter.recipients.length !== opened.recipients) throw new NotShown('hiddenRecipient')
  if (message.from !== letter.sender.account || message.clientId !== letter.message) throw new NotShown('mislabelled')
  const key = keys.find(({ id }) => id === letter.sender.key)
  if (key?.signingKey !== b64u(opened.senderSigningKey)) throw new NotShown('unknownSenderKey')
  if (key.createdAt > message.receivedAt) throw new NotShown('unknownSenderKey')
  if (!reader.statements.has(own.statement)) throw new NotShown('sealedToOtherKey')
  return letter
}

function read(plaintext: Uint8Array): Letter {
  try {
    return fromBytes(plaintext)
  } catch (error) {
    if (error instanceof NotALetter) throw new NotShown(error.reason)
    throw error
  }
}

/** An account that stood twice would make room for a hidden one. */
const isSortedOnce = (accounts: readonly string[]): boolean =>
  accounts.every((account, at) => at === 0 || (accounts[at - 1] ?? '') < account)
