/** What a dishonest sender could seal: all fits but one thing. Each control shows that the forger can do it right. */
import { beforeAll, describe, expect, test } from 'vitest'
import { encrypt } from '../../src/crypto/aead.ts'
import { attachmentFromJson } from '../../src/crypto/attachment.ts'
import { join, u64be, utf8 } from '../../src/crypto/bytes.ts'
import { b64u } from '../../src/crypto/encoding.ts'
import { openSealed } from '../../src/crypto/envelope.ts'
import { openFile } from '../../src/crypto/file.ts'
import { blobId, sha256, sha512 } from '../../src/crypto/hashing.ts'
import { box, commitmentOf, derivedKey, identifierOf, recipientNonce } from '../../src/crypto/header.ts'
import { type KeyPairs, newKeyPairs, publicKeys, sign } from '../../src/crypto/keys.ts'
import { pack } from '../../src/crypto/messagepack.ts'
import { pad } from '../../src/crypto/padding.ts'
import { SYSTEM } from '../../src/crypto/randomness.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { encapsulate } from '../../src/crypto/xwing.ts'

const MIB = 1 << 20
const NOTHING = new Uint8Array(0)
let pairs: KeyPairs
beforeAll(async () => {
  await ready()
  pairs = newKeyPairs()
})

/** An envelope of exactly these pieces, from and to the same person, with `trailer` at the end of its header. */
function forge(pieces: readonly Uint8Array[], trailer = NOTHING): Uint8Array {
  const [payloadKey, ephemeral] = [SYSTEM(32), SYSTEM(32)]
  const { signing, sealing } = publicKeys(pairs)
  const { sharedSecret, ciphertext } = encapsulate(sealing.raw, SYSTEM(64))
  const key = derivedKey(sharedSecret, ciphertext, sealing.raw, ephemeral)
  const entry = [identifierOf(sharedSecret, ciphertext), box(key, recipientNonce(0), payloadKey), ciphertext]
  const senderBox = box(payloadKey, utf8('saltpack_sender_key_sbox'), signing.raw)
  const said = ['saltpack', [2, 0], 3, ephemeral, senderBox, [entry], commitmentOf(payloadKey)]
  const header = join(pack(said), trailer)
  const packets = pieces.map((piece, number) => {
    return packetOf(piece, number, number === pieces.length - 1, sha512(header), payloadKey)
  })
  return join(pack(header), ...packets)
}

function packetOf(piece: Uint8Array, number: number, final: boolean, digest: Uint8Array, key: Uint8Array): Uint8Array {
  const flag = final ? 1 : 0
  const nonce = join(digest.subarray(0, 15), Uint8Array.of((digest[15]! & 0xfe) | flag), u64be(number))
  const text = join(utf8('saltpack encrypted signature\0'), digest, nonce, Uint8Array.of(flag), sha512(piece))
  return pack([box(key, nonce, join(sign(text, pairs.signing), piece)), final])
}

const opened = (sealed: Uint8Array): number => openSealed(sealed, [pairs.sealing]).plaintext.length

describe('a forged envelope', () => {
  // Padded, this text has exactly one whole piece.
  const whole = pad(new Uint8Array(MIB - 1))

  test('is opened when nothing is wrong with it', () => {
    expect(opened(forge([whole]))).toBe(MIB - 1)
    expect(opened(forge([pad(NOTHING)]))).toBe(0)
  })

  test('is refused with an empty final packet after a whole one', () => {
    expect(() => opened(forge([whole, NOTHING]))).toThrow('envelope/12')
  })

  test('is refused when its text is cut in pieces that are not whole', () => {
    expect(() => opened(forge([whole.subarray(0, 1000), whole.subarray(1000)]))).toThrow('envelope/13')
  })

  test('is refused with anything after the seventh element of its header', () => {
    expect(() => opened(forge([pad(NOTHING)], Uint8Array.of(0)))).toThrow('envelope/2')
  })
})

describe('a forged file', () => {
  const [key, id] = [SYSTEM(32), SYSTEM(16)]

  const chunkOf = (piece: Uint8Array, index: number, last: boolean): Uint8Array => {
    const nonce = join(new Uint8Array(15), u64be(index), Uint8Array.of(last ? 1 : 0))
    return encrypt(key, nonce, piece, join(id, utf8('pli attachment v1')))
  }

  /** `sha256` fits the pieces, whatever `size` says of them. */
  const open = (pieces: readonly Uint8Array[], size: number, ids?: readonly string[]): Promise<Uint8Array> => {
    const chunks = pieces.map((piece, index) => chunkOf(piece, index, index === pieces.length - 1))
    const reference = {
      key: b64u(key),
      id: b64u(id),
      name: 'a',
      size,
      type: 'a/b',
      sha256: b64u(sha256(join(...pieces))),
    }
    let next = 0
    const listed = attachmentFromJson({ ...reference, chunks: ids ?? chunks.map(blobId) })
    return openFile(listed, () => Promise.resolve(chunks[next++]!))
  }

  test('is opened when nothing is wrong with it', async () => {
    expect((await open([new Uint8Array(4 * MIB), new Uint8Array(2)], 4 * MIB + 2)).length).toBe(4 * MIB + 2)
  })

  test('is refused with a first chunk that is not whole', async () => {
    const short = open([new Uint8Array(4 * MIB - 1), new Uint8Array(2)], 4 * MIB + 2)
    await expect(short).rejects.toThrow('attachment/2')
  })

  test('is refused when its blob is not the one that the reference names', async () => {
    await expect(open([new Uint8Array(2)], 2, [blobId(NOTHING)])).rejects.toThrow('attachment/6')
  })
})
