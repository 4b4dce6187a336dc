/** Why a letter is not shown, in words a person can act on. */
import type { Reason } from '../session/entries.ts'
import { t, type PlainWord } from '../words/words.ts'

const WORDS: Readonly<Record<Reason, PlainWord>> = {
  cannotOpen: 'closed.changed',
  notCanonical: 'closed.malformed',
  unknownMembers: 'closed.malformed',
  notForYou: 'closed.notForYou',
  hiddenRecipient: 'closed.hidden',
  mislabelled: 'closed.changed',
  unknownSenderKey: 'closed.sender',
  senderKeyChanged: 'closed.senderChanged',
  sealedToOtherKey: 'closed.otherKey',
  replayed: 'closed.replayed',
  notFetched: 'closed.notFetched',
  notProved: 'closed.notProved',
}

export const reasonWords = (reason: Reason): string => t(WORDS[reason])
