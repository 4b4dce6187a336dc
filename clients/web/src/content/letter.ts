/** What is inside the seal: one canonical JSON document (docs/spec/content.md). Pure values, no keys. */
import { canonical, parseCanonical, type Json } from '../crypto/encoding.ts'
import type { Attachment } from './attachment.ts'
import { attachmentsOf, partFromJson, partToJson, type Part } from './kinds.ts'
import {
  ACCOUNT,
  anything,
  date,
  HASH,
  ID,
  integer,
  KEY_ID,
  list,
  matching,
  nullable,
  object,
  octets,
  oneOf,
  refuse,
  SIGNATURE,
  such,
  text,
  type Shape,
} from './shape.ts'

export type Sender = {
  readonly account: string
  readonly address: string
  readonly key: string
  readonly name: string
}
export type LetterRecipient = { readonly account: string; readonly statement: string }

/** What a bridge needs to keep a thread whole in ordinary mail; addresses are of this letter's own direction. */
export type Mail = {
  readonly from: string
  readonly inReplyTo: string | null
  readonly messageId: string | null
  /** Its author asked to be told that it was read (RFC 8098). Only its reader may answer that. */
  readonly receiptWanted?: true
  readonly references: readonly string[]
  readonly to: string
}

/**
 * The newest checkpoint of the key log that the sender verified: how many entries, the tree's root, and the log's own Ed25519
 * signature of both (b64u). One that the log did not sign says nothing.
 */
export type LogSeen = { readonly root: string; readonly signature: string; readonly size: number }

export type Letter = {
  readonly checkpoint: LogSeen | null
  readonly counter: number
  readonly html: string | null
  readonly inReplyTo: string | null
  readonly mail: Mail | null
  readonly message: string
  readonly parts: readonly Part[]
  readonly previous: string | null
  readonly recipients: readonly LetterRecipient[]
  readonly sender: Sender
  readonly sent: string
  readonly subject: string
  readonly text: string
  readonly thread: string
}

export type NotALetterReason = 'notCanonical' | 'unknownMembers'

export class NotALetter extends Error {
  override readonly name = 'NotALetter'
  readonly reason: NotALetterReason

  constructor(reason: NotALetterReason) {
    super(reason)
    this.reason = reason
  }
}

export const SUBJECT_LIMIT = 255
export const TEXT_LIMIT = 1024 * 1024 // bytes of UTF-8, of the text and of the html
const PARTS_LIMIT = 64
const RECIPIENTS_LIMIT = 64
const REFERENCES_LIMIT = 50
const ADDRESS = text(254)
// One line that stands safely in a header: a control character would start a header of its own.
const messageId = such(text(998), value => /^<[^\u0000-\u0020\u007f]+>$/.test(value))

/** An account that stood twice would make room for a hidden one. */
const isSortedOnce = (recipients: readonly LetterRecipient[]): boolean =>
  recipients.every(({ account }, at) => at === 0 || (recipients[at - 1]?.account ?? '') < account)

const isTrue: Shape<true> = value => (value === true ? value : refuse('a wish is there, or it is not'))

const recipients = such(
  list(object<LetterRecipient>({ account: matching(ACCOUNT), statement: matching(HASH) }), RECIPIENTS_LIMIT),
  found => found.length > 0 && isSortedOnce(found),
)

/** `receiptWanted` stands there only where it is so. */
const mail: Shape<Mail> = value =>
  object<Mail>({
    from: ADDRESS,
    inReplyTo: nullable(messageId),
    messageId: nullable(messageId),
    ...(typeof value === 'object' && value !== null && Object.hasOwn(value, 'receiptWanted') ? { receiptWanted: isTrue } : {}),
    references: list(messageId, REFERENCES_LIMIT),
    to: ADDRESS,
  })(value)

const raw = object<Omit<Letter, 'parts'> & { parts: readonly unknown[]; v: 1 }>({
  checkpoint: nullable(object<LogSeen>({ root: matching(HASH), signature: matching(SIGNATURE), size: integer(1) })),
  counter: integer(1),
  html: nullable(octets(TEXT_LIMIT)),
  inReplyTo: nullable(matching(ID)),
  mail: nullable(mail),
  message: matching(ID),
  parts: list(anything, PARTS_LIMIT),
  previous: nullable(matching(HASH)),
  recipients,
  sender: object<Sender>({ account: matching(ACCOUNT), address: ADDRESS, key: matching(KEY_ID), name: text(SUBJECT_LIMIT) }),
  sent: date,
  subject: text(SUBJECT_LIMIT),
  text: octets(TEXT_LIMIT),
  thread: matching(ID),
  v: oneOf(1),
})

/** Canonical bytes. Members that are null are written: a reader refuses a letter without them. */
export function toBytes({ parts, ...rest }: Letter): Uint8Array {
  return canonical({ ...rest, parts: parts.map(partToJson), v: 1 } satisfies Json)
}

/** Throws NotALetter with the reason that a person gets to see. */
export function fromBytes(bytes: Uint8Array): Letter {
  const { v: _version, parts, ...rest } = members(json(bytes))
  return { ...rest, parts: parts.map(part => partFromJson(part as Json)) }
}

function json(bytes: Uint8Array): Json {
  try {
    return parseCanonical(bytes)
  } catch {
    throw new NotALetter('notCanonical')
  }
}

function members(value: Json): ReturnType<typeof raw> {
  try {
    return raw(value)
  } catch {
    throw new NotALetter('unknownMembers')
  }
}

export const filesOf = (letter: Letter): readonly Attachment[] => letter.parts.flatMap(attachmentsOf)
