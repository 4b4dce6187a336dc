/** attachment.json, and files of our own through the private seam and without it. */
import { beforeAll, describe, expect, test } from 'vitest'
import { encrypt } from '../../src/crypto/aead.ts'
import { type AttachmentJson, attachmentFromJson, attachmentToJson } from '../../src/crypto/attachment.ts'
import { join, u64be, utf8 } from '../../src/crypto/bytes.ts'
import type { Json } from '../../src/crypto/encoding.ts'
import { _sealFile, openFile, sealFile } from '../../src/crypto/file.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { type Bytes, bytesOf, hex, kindOf, readCases, refusalOf, unhex } from './vectors.ts'

beforeAll(ready)

type Recipe = {
  readonly key: string
  readonly id: string
  readonly index: number
  readonly last: boolean
  readonly piece: Bytes
}
type Seal = {
  readonly key: string
  readonly id: string
  readonly plaintext: Bytes
  readonly file: string
  readonly type: string
  readonly expect: Json
}
type Open = {
  readonly attachment: Json
  readonly chunks: readonly (Bytes | Recipe)[]
  readonly expect: { readonly plaintext: Bytes }
}

const blobOf = (bytes: Uint8Array): Blob => new Blob([new Uint8Array(bytes)])

function chunkOf(chunk: Bytes | Recipe): Uint8Array {
  if (typeof chunk === 'string' || !('key' in chunk)) return bytesOf(chunk)
  const nonce = join(new Uint8Array(15), u64be(chunk.index), Uint8Array.of(chunk.last ? 1 : 0))
  return encrypt(unhex(chunk.key), nonce, bytesOf(chunk.piece), join(unhex(chunk.id), utf8('pli attachment v1')))
}

async function open({ attachment, chunks }: Open): Promise<Uint8Array> {
  const reference = attachmentFromJson(attachment)
  let next = 0
  return openFile(reference, () => Promise.resolve(chunkOf(chunks[next++]!)))
}

describe('attachment.json', () => {
  test.each(readCases<Seal>('attachment').filter(({ op }) => op === 'seal'))('seal: $name', async given => {
    const drawn = [unhex(given.key), unhex(given.id)].map(bytes => new Uint8Array(bytes))
    const ignored = () => Promise.resolve()
    const sealed = await _sealFile(blobOf(bytesOf(given.plaintext)), given.file, given.type, ignored, () =>
      drawn.shift()!,
    )
    expect(attachmentToJson(sealed)).toEqual(given.expect)
  })

  test.each(readCases<Open>('attachment').filter(({ op }) => op === 'open'))('open: $name', async given => {
    if (given.refusal !== undefined) expect(await refusalOf(() => open(given))).toBe(kindOf(given.refusal))
    else expect(hex(await open(given))).toBe(hex(bytesOf(given.expect.plaintext)))
  })
})

describe('a file of our own', () => {
  const MIB = 1024 * 1024
  test.each([0, 1, 100, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 9 * MIB])('of %i bytes comes back', async size => {
    const plaintext = new Uint8Array(size).map((_, place) => place * 7)
    const kept = new Map<string, Uint8Array>()
    const made = await sealFile(blobOf(plaintext), 'a.pdf', 'application/pdf', (_, bytes, id) => {
      kept.set(id, bytes)
      return Promise.resolve()
    })
    const reference = attachmentFromJson(attachmentToJson(made))
    const opened = await openFile(reference, id => Promise.resolve(kept.get(id)!))
    expect(Buffer.compare(opened, plaintext)).toBe(0)
  })

  test('keeps what fetching it throws', async () => {
    const made = await sealFile(blobOf(unhex('00')), 'a', 'a/b', () => Promise.resolve())
    await expect(openFile(made, () => Promise.reject(new RangeError('offline')))).rejects.toThrow('offline')
  })

  test.each([
    ['', 'a/b'],
    ['a/b', 'a/b'],
    ['a\u0085', 'a/b'],
    ['x'.repeat(256), 'a/b'],
    ['a', 'text'],
    ['a', 'Text/plain'],
  ])('is not sealed under the name %j and type %j', async (name, type) => {
    await expect(sealFile(blobOf(unhex('00')), name, type, () => Promise.resolve())).rejects.toThrow(RangeError)
  })

  test('may have a name of 255 characters outside the basic plane', async () => {
    const made: AttachmentJson = attachmentToJson(
      await sealFile(blobOf(unhex('00')), '\u{1f600}'.repeat(255), 'a/b', () => Promise.resolve()),
    )
    expect(attachmentFromJson(made).size).toBe(1)
  })
})
