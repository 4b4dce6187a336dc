/**
 * Sealed letters: Saltpack v2 signcryption with X-Wing recipients (docs/spec/envelope.md), whole in memory.
 *
 * Payload key and ephemeral key are made inside one call and die with it. One error leaves the opener.
 */
import { equal, isZero, join, u64be, utf8 } from './bytes.ts'
import { cannotOpen, CryptoError, under } from './errors.ts'
import { sha512 } from './hashing.ts'
import {
  box,
  commitmentOf,
  derivedKey,
  type Header,
  identifierOf,
  parseHeader,
  recipientNonce,
  type Recipient,
  unbox,
} from './header.ts'
import {
  loadSigning,
  type SealingPublic,
  type SealingSeed,
  sign,
  type SigningPublic,
  signingPublic,
  type SigningSeed,
  verify,
} from './keys.ts'
import {
  ENVELOPE_LIMIT,
  FORMAT_NAME,
  FORMAT_VERSION,
  MODE_SIGNCRYPTION,
  PIECE_SIZE,
  RECIPIENT_LIMIT,
  SENDER_BOX_NONCE,
  SIGNED_PACKET,
} from './labels.ts'
import { pack, type Packable, Reader } from './messagepack.ts'
import { pad, unpad } from './padding.ts'
import { shuffled, SYSTEM } from './randomness.ts'
import { sodium } from './sodium.ts'
import { decapsulate, encapsulate, publicOf } from './xwing.ts'

const SIGNATURE_SIZE = 64
const CHUNK_LIMIT = PIECE_SIZE + SIGNATURE_SIZE + 16

/**
 * A letter's bytes, the key that signed them, and how many recipients the header has (the hidden ones too). Whether
 * `sender` is the key of the account that the letter names is for the caller to check.
 */
export type Opened = { readonly plaintext: Uint8Array; readonly sender: SigningPublic; readonly recipients: number }

/**
 * `plaintext`, padded and signed, for 1 to 64 recipients; about 1.2 kB for each.
 *
 * Raises RangeError: no recipient, too many, or an envelope over 64 MiB; WeakKey for a key that was not loaded.
 */
export function seal(plaintext: Uint8Array, sender: SigningSeed, recipients: readonly SealingPublic[]): Uint8Array {
  if (recipients.length < 1 || recipients.length > RECIPIENT_LIMIT) {
    throw new RangeError(`${recipients.length} recipients: 1 to ${RECIPIENT_LIMIT} can be sealed to`)
  }
  const payloadKey = SYSTEM(32)
  const header = pack(headerOf(payloadKey, signingPublic(sender), recipients))
  const sealed = join(pack(header), ...packets(pad(plaintext), payloadKey, sha512(header), sender))
  payloadKey.fill(0)
  if (sealed.length > ENVELOPE_LIMIT) throw new RangeError(`${sealed.length} bytes are over ${ENVELOPE_LIMIT}`)
  return sealed
}

function headerOf(
  payloadKey: Uint8Array,
  sender: SigningPublic,
  recipients: readonly SealingPublic[],
): readonly Packable[] {
  // The ephemeral secret is not kept: there is no classical recipient to use it for.
  const ephemeral = sodium.crypto_scalarmult_base(SYSTEM(32))
  const entries = shuffled(recipients).map((to, index) => entryOf(index, to, payloadKey, ephemeral))
  const senderBox = box(payloadKey, utf8(SENDER_BOX_NONCE), sender.raw)
  const commitment = commitmentOf(payloadKey)
  return [FORMAT_NAME, FORMAT_VERSION, MODE_SIGNCRYPTION, ephemeral, senderBox, entries, commitment]
}

function entryOf(index: number, to: SealingPublic, payloadKey: Uint8Array, ephemeral: Uint8Array): readonly Packable[] {
  const { sharedSecret, ciphertext } = encapsulate(to.raw, SYSTEM(64))
  const key = derivedKey(sharedSecret, ciphertext, to.raw, ephemeral)
  return [identifierOf(sharedSecret, ciphertext), box(key, recipientNonce(index), payloadKey), ciphertext]
}

/** The payload packets of one message. Only `seal` calls it, and the test that holds it to the published answers. */
export function packets(
  padded: Uint8Array,
  payloadKey: Uint8Array,
  digest: Uint8Array,
  sender: SigningSeed,
): Uint8Array[] {
  const count = Math.max(1, Math.ceil(padded.length / PIECE_SIZE))
  return Array.from({ length: count }, (_, number) => {
    const piece = padded.subarray(number * PIECE_SIZE, (number + 1) * PIECE_SIZE)
    const final = number === count - 1
    const nonce = packetNonce(digest, number, final)
    const signature = sign(signedText(digest, nonce, final, piece), sender)
    return pack([box(payloadKey, nonce, join(signature, piece)), final])
  })
}

/** Open with any of the reader's seeds, the present one first. Raises CannotOpen and nothing else. */
export const openSealed = (sealed: Uint8Array, seeds: readonly SealingSeed[]): Opened =>
  under('CannotOpen', 'envelope', () => open(sealed, seeds))

function open(sealed: Uint8Array, seeds: readonly SealingSeed[]): Opened {
  if (sealed.length > ENVELOPE_LIMIT) throw cannotOpen('envelope/limit')
  const reader = new Reader(sealed)
  const header = parseHeader(reader.binary())
  const payloadKey = payloadKeyOf(header, seeds)
  if (!equal(commitmentOf(payloadKey), header.commitment)) throw cannotOpen('envelope/7')
  const sender = senderOf(header, payloadKey)
  const padded = join(...pieces(reader, header.digest, payloadKey, sender))
  payloadKey.fill(0)
  return { plaintext: unpad(padded), sender, recipients: header.recipients.length }
}

function payloadKeyOf(header: Header, seeds: readonly SealingSeed[]): Uint8Array {
  for (const seed of seeds) {
    for (const [index, recipient] of header.recipients.entries()) {
      const shared = sharedWith(seed, recipient)
      if (shared === undefined) continue
      const key = derivedKey(shared, recipient.ciphertext, publicOf(seed.raw), header.ephemeral)
      return unbox(key, recipientNonce(index), recipient.keyBox, 'envelope/6')
    }
  }
  throw cannotOpen('envelope/5')
}

function sharedWith(seed: SealingSeed, { ciphertext, identifier }: Recipient): Uint8Array | undefined {
  try {
    const shared = decapsulate(ciphertext, seed.raw)
    return equal(identifierOf(shared, ciphertext), identifier) ? shared : undefined
  } catch (error) {
    // An entry that cannot even be tried is somebody else's.
    if (error instanceof CryptoError) return undefined
    throw error
  }
}

function senderOf(header: Header, payloadKey: Uint8Array): SigningPublic {
  const raw = unbox(payloadKey, utf8(SENDER_BOX_NONCE), header.senderBox, 'envelope/8')
  if (isZero(raw)) throw cannotOpen('envelope/8')
  return under('CannotOpen', 'envelope/9', () => loadSigning(raw))
}

function* pieces(
  reader: Reader,
  digest: Uint8Array,
  payloadKey: Uint8Array,
  sender: SigningPublic,
): Generator<Uint8Array> {
  for (let number = 0, final = false; !final; number++) {
    if (reader.atEnd) throw cannotOpen('envelope/15')
    if (reader.array() !== 2) throw cannotOpen('envelope/17')
    const chunk = reader.binary()
    if (chunk.length > CHUNK_LIMIT) throw cannotOpen('envelope/13')
    final = reader.boolean()
    const piece = pieceOf(chunk, { number, final, digest, payloadKey, sender })
    if (piece.length === 0 && !(final && number === 0)) throw cannotOpen('envelope/12')
    if (!final && piece.length !== PIECE_SIZE) throw cannotOpen('envelope/13')
    yield piece
  }
  if (!reader.atEnd) throw cannotOpen('envelope/14')
}

type Place = {
  readonly number: number
  readonly final: boolean
  readonly digest: Uint8Array
  readonly payloadKey: Uint8Array
  readonly sender: SigningPublic
}

function pieceOf(chunk: Uint8Array, { number, final, digest, payloadKey, sender }: Place): Uint8Array {
  const nonce = packetNonce(digest, number, final)
  const opened = unbox(payloadKey, nonce, chunk, 'envelope/11')
  const piece = opened.subarray(SIGNATURE_SIZE)
  const signature = opened.subarray(0, SIGNATURE_SIZE)
  if (!verify(signature, signedText(digest, nonce, final, piece), sender)) throw cannotOpen('envelope/10')
  return piece
}

/** 24 bytes. Counted, because the payload key lives for one message; the lowest bit of byte 15 says `final`. */
function packetNonce(digest: Uint8Array, number: number, final: boolean): Uint8Array {
  const flagged = ((digest[15] ?? 0) & 0xfe) | (final ? 1 : 0)
  return join(digest.subarray(0, 15), Uint8Array.of(flagged), u64be(number))
}

/** What the sender's Ed25519 key signs for one packet. */
const signedText = (digest: Uint8Array, nonce: Uint8Array, final: boolean, piece: Uint8Array): Uint8Array =>
  join(utf8(SIGNED_PACKET), new Uint8Array(1), digest, nonce, Uint8Array.of(final ? 1 : 0), sha512(piece))
