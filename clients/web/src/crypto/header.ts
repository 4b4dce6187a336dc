/** The header packet as values: its parsing, and the key schedule that sealer and opener share. */
import { equal, join, u64be, utf8 } from './bytes.ts'
import { cannotOpen, under } from './errors.ts'
import { hmac512, sha256, sha512 } from './hashing.ts'
import {
  COMMITMENT,
  DERIVED_KEY,
  FORMAT_NAME,
  FORMAT_VERSION,
  HEADER_LIMIT,
  KEM_CIPHERTEXT_SIZE,
  MODE_SIGNCRYPTION,
  RECIPIENT_BOX_NONCE,
  RECIPIENT_IDENTIFIER,
  RECIPIENT_KEY,
  RECIPIENT_LIMIT,
} from './labels.ts'
import { Reader } from './messagepack.ts'
import { sodium } from './sodium.ts'

/** One entry: identifier (32), payload key box (48), X-Wing ciphertext (1120). */
export type Recipient = {
  readonly identifier: Uint8Array
  readonly keyBox: Uint8Array
  readonly ciphertext: Uint8Array
}

/** What a header says. `digest` is SHA-512 of its bytes as received. */
export type Header = {
  readonly digest: Uint8Array
  readonly ephemeral: Uint8Array
  readonly senderBox: Uint8Array
  readonly recipients: readonly Recipient[]
  readonly commitment: Uint8Array
}

/** Raises CannotOpen. */
export function parseHeader(raw: Uint8Array): Header {
  if (raw.length > HEADER_LIMIT) throw cannotOpen('envelope/2')
  const reader = new Reader(raw)
  exactly(reader.array(), 7, 'envelope/2')
  parseFormat(reader)
  const header = {
    digest: sha512(raw),
    ephemeral: sized(reader, 32, 'envelope/2'),
    senderBox: sized(reader, 48, 'envelope/2'),
    recipients: parseRecipients(reader),
    commitment: sized(reader, 32, 'envelope/2'),
  }
  if (!reader.atEnd) throw cannotOpen('envelope/2')
  return header
}

/** 32 bytes that bind a header to one payload key. */
export const commitmentOf = (payloadKey: Uint8Array): Uint8Array => sha256(join(utf8(COMMITMENT), payloadKey))

/** What tells a reader, and nobody else, that an entry is theirs. */
export const identifierOf = (shared: Uint8Array, ciphertext: Uint8Array): Uint8Array =>
  hmac512(RECIPIENT_IDENTIFIER, shared, ciphertext)

/** The key of one recipient's payload key box. */
export function derivedKey(
  shared: Uint8Array,
  ciphertext: Uint8Array,
  publicKey: Uint8Array,
  ephemeral: Uint8Array,
): Uint8Array {
  return symmetricKey(hmac512(RECIPIENT_KEY, shared, ciphertext, publicKey), ephemeral)
}

/** What Saltpack derives from a symmetric recipient's key (saltpack_signcryption_v2, recipient pairs). */
export const symmetricKey = (key: Uint8Array, ephemeral: Uint8Array): Uint8Array =>
  hmac512(DERIVED_KEY, ephemeral, key)

/** Fixed by the entry's place: its key is used for nothing else. */
export const recipientNonce = (index: number): Uint8Array => join(utf8(RECIPIENT_BOX_NONCE), u64be(index))

/** secretbox (XSalsa20-Poly1305): 16 bytes more. */
export const box = (key: Uint8Array, nonce: Uint8Array, data: Uint8Array): Uint8Array =>
  sodium.crypto_secretbox_easy(data, nonce, key)

/** Raises CannotOpen(item). */
export const unbox = (key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, item: string): Uint8Array =>
  under('CannotOpen', item, () => sodium.crypto_secretbox_open_easy(sealed, nonce, key))

function parseFormat(reader: Reader): void {
  if (!equal(reader.text(), utf8(FORMAT_NAME))) throw cannotOpen('envelope/1')
  exactly(reader.array(), FORMAT_VERSION.length, 'envelope/1')
  for (const number of [...FORMAT_VERSION, MODE_SIGNCRYPTION]) exactly(reader.unsigned(), number, 'envelope/1')
}

function parseRecipients(reader: Reader): readonly Recipient[] {
  const count = reader.array()
  if (count < 1 || count > RECIPIENT_LIMIT) throw cannotOpen('envelope/3')
  return Array.from({ length: count }, () => parseRecipient(reader))
}

function parseRecipient(reader: Reader): Recipient {
  exactly(reader.array(), 3, 'envelope/4')
  return {
    identifier: sized(reader, 32, 'envelope/4'),
    keyBox: sized(reader, 48, 'envelope/4'),
    ciphertext: sized(reader, KEM_CIPHERTEXT_SIZE, 'envelope/4'),
  }
}

function sized(reader: Reader, length: number, item: string): Uint8Array {
  const value = reader.binary()
  exactly(value.length, length, item)
  return value
}

function exactly(found: number, wanted: number, item: string): void {
  if (found !== wanted) throw cannotOpen(item)
}
