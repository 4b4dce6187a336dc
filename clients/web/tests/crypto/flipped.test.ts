/** Any one bit: of a slot, a box, a chunk, a proof, a checkpoint, an entry, a step of a pairing. Always the one error. */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Attachment } from '../../src/crypto/attachment.ts'
import { join, utf8 } from '../../src/crypto/bytes.ts'
import { newCode } from '../../src/crypto/code.ts'
import { firstContent } from '../../src/crypto/content.ts'
import { b64u, unb64u } from '../../src/crypto/encoding.ts'
import { openSealed, seal } from '../../src/crypto/envelope.ts'
import { CryptoError, type CryptoErrorKind } from '../../src/crypto/errors.ts'
import { openChunk, openFile, sealFile } from '../../src/crypto/file.ts'
import { blobId } from '../../src/crypto/hashing.ts'
import { newBox, openAsDelegate, openBox } from '../../src/crypto/keybox.ts'
import { type KeyPairs, newKeyPairs, publicKeys } from '../../src/crypto/keys.ts'
import { makeGrant, makeHello, newPairing, openGrant, openHello } from '../../src/crypto/pairing.ts'
import { BoxKey } from '../../src/crypto/keys.ts'
import { ready } from '../../src/crypto/sodium.ts'
import type { SlotKey } from '../../src/crypto/slotkey.ts'
import { encodeEntry, parseEntry } from '../../src/crypto/transparency/entry.ts'
import { parsePolicy, verifyCheckpoint } from '../../src/crypto/transparency/policy.ts'
import { verifyConsistency, verifyInclusion } from '../../src/crypto/transparency/proof.ts'
import { makeStatement, verifyStatement } from '../../src/crypto/transparency/statement.ts'
import { FakeLog } from '../fakes/keylog.ts'
import { ANNE, MARTIN } from '../fakes/letters.ts'

const NOW = new Date('2026-11-23T15:06:55Z')
const MIB = 1 << 20
let [own, carer]: KeyPairs[] = []
beforeAll(async () => {
  await ready()
  ;[own, carer] = [newKeyPairs(), newKeyPairs()]
})

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = bytes.slice()
  changed[bit >> 3]! ^= 1 << (bit & 7)
  return changed
}

/** What `open` says of `bytes` with one bit changed, wherever that is: one of `kinds`, and never an answer. */
function refusesEachBit(bytes: Uint8Array, open: (changed: Uint8Array) => unknown, kinds: readonly CryptoErrorKind[], numRuns = 150): void {
  open(bytes) // it is good as it is
  fc.assert(
    fc.property(fc.nat(bytes.length * 8 - 1), bit => {
      let said: unknown = 'accepted'
      try {
        open(flipped(bytes, bit))
      } catch (error) {
        said = error instanceof CryptoError ? error.kind : error
      }
      expect(kinds).toContain(said)
    }),
    { numRuns },
  )
}

type Spelled = { slots: { wrapped: string; type: string }[] }

/** The box with another `wrapped` in its slot of this type. */
function withWrapped(box: Uint8Array, type: string, wrapped: Uint8Array): Uint8Array {
  const whole = JSON.parse(new TextDecoder().decode(box)) as Spelled
  for (const slot of whole.slots.filter(one => one.type === type)) slot.wrapped = b64u(wrapped)
  return utf8(JSON.stringify(whole))
}

const wrappedOf = (box: Uint8Array, type: string): Uint8Array =>
  unb64u((JSON.parse(new TextDecoder().decode(box)) as Spelled).slots.find(slot => slot.type === type)!.wrapped)

describe('any flipped bit', () => {
  test.each<[string, () => SlotKey]>([
    ['letter', () => ({ type: 'letter', code: newCode(), second: newCode() })],
    ['recovery', () => ({ type: 'recovery', code: newCode() })],
    ['device', () => ({ type: 'device', key: new Uint8Array(32).fill(3) })],
    ['passkey', () => ({ type: 'passkey', credential: new Uint8Array(16), output: new Uint8Array(32).fill(5) })],
  ])('of a %s slot is refused', (type, made) => {
    const key = made()
    const other = { type: type === 'device' ? 'recovery' : 'device', code: newCode(), key: new Uint8Array(32) } as SlotKey
    const { box } = newBox(ANNE, firstContent(own!, NOW), [key, other])
    refusesEachBit(wrappedOf(box, type), wrapped => openBox(withWrapped(box, type, wrapped), ANNE, key), ['CannotOpen'])
  })

  test('of a delegate’s slot is refused', () => {
    const slots = [{ type: 'delegate', account: MARTIN, keys: publicKeys(carer!) } as const]
    const { box } = newBox(ANNE, firstContent(own!, NOW), slots)
    const open = (wrapped: Uint8Array) =>
      openAsDelegate(withWrapped(box, 'delegate', wrapped), ANNE, [carer!.sealing], [publicKeys(own!).signing])
    refusesEachBit(wrappedOf(box, 'delegate'), open, ['CannotOpen'])
  })

  test('of a whole box is refused, by the names that a box has', () => {
    const key = { type: 'device', key: new Uint8Array(32) } as const
    const { box } = newBox(ANNE, firstContent(own!, NOW), [key], 3)
    refusesEachBit(box, changed => openBox(changed, ANNE, key, 3), ['CannotOpen', 'OlderBox'], 300)
  })

  test('of an entry or a statement is refused', () => {
    const made = makeStatement(ANNE, publicKeys(own!), own!.signing, NOW, { box: 1, by: carer!.signing })
    const verify = (entry: Uint8Array) => verifyStatement(parseEntry(entry), null, { account: ANNE, keys: publicKeys(own!) })
    refusesEachBit(encodeEntry(made), verify, ['BadStatement'], 300)
  })

  test('of a hello or a grant is refused', () => {
    const pairing = newPairing()
    const helping = { account: ANNE, signer: own!.signing, key: publicKeys({ signing: own!.signing, sealing: pairing.seed }).sealing, code: pairing.code }
    const { sealed } = makeHello(helping)
    refusesEachBit(sealed, changed => openHello(changed, pairing), ['CannotOpen'])
    const hello = openHello(sealed, pairing)
    const grant = makeGrant(helping, { boxKey: new BoxKey(new Uint8Array(32)), login: 'anne', version: 1 })
    refusesEachBit(grant, changed => openGrant(changed, pairing, hello), ['CannotOpen'])
  })
})

describe('any flipped bit of the log', () => {
  const log = (): FakeLog => {
    const made = new FakeLog()
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) made.append(utf8(name))
    return made
  }

  test('in a checkpoint that all have to sign is refused', () => {
    const all = log()
    const policy = parsePolicy(all.policy)
    const open = (note: Uint8Array) => verifyCheckpoint(note, policy, NOW)
    refusesEachBit(utf8(all.checkpoint(NOW)), open, ['BadCheckpoint'], 300)
  })

  test('in a proof, its leaf or its root is refused', () => {
    const all = log()
    const cut = (bytes: Uint8Array): Uint8Array[] => Array.from({ length: bytes.length / 32 }, (_, at) => bytes.subarray(32 * at, 32 * at + 32))
    const inclusion = join(all.leaves[2]!, all.root(), ...all.inclusion(2))
    refusesEachBit(
      inclusion,
      bytes => {
        const [leaf, root, ...proof] = cut(bytes)
        verifyInclusion(leaf!, 2, 7, proof, root!)
      },
      ['BadProof'],
      400,
    )
    const consistency = join(all.root(3), all.root(), ...all.consistency(3))
    refusesEachBit(
      consistency,
      bytes => {
        const [before, after, ...proof] = cut(bytes)
        verifyConsistency(3, 7, proof, before!, after!)
      },
      ['BadProof'],
      400,
    )
  })
})

describe('a file', () => {
  const sealed = async (plaintext: Uint8Array): Promise<readonly [Attachment, Uint8Array[]]> => {
    const chunks: Uint8Array[] = []
    const blob = new Blob([new Uint8Array(plaintext)])
    return [await sealFile(blob, 'a', 'a/b', (_, bytes) => Promise.resolve(void chunks.push(bytes))), chunks]
  }

  test('with any bit of a chunk flipped is refused, also under a blob id that fits', async () => {
    const [file, chunks] = await sealed(new Uint8Array(100).fill(9))
    refusesEachBit(chunks[0]!, changed => openChunk(file, 0, changed), ['CannotOpen'])
    refusesEachBit(chunks[0]!, changed => openChunk({ ...file, chunks: [blobId(changed)] }, 0, changed), ['CannotOpen'])
  })

  test('of several chunks is refused reordered, with one dropped, doubled or from another file, whoever says so', async () => {
    const [file, [a, b, c]] = await sealed(new Uint8Array(8 * MIB + 1).fill(9))
    const [, [alien]] = await sealed(new Uint8Array(4 * MIB + 1).fill(9))
    const shown = [a!, b!, c!]
    expect((await openFile(file, id => Promise.resolve(shown.find(chunk => blobId(chunk) === id)!))).length).toBe(file.size)
    for (const other of [[b!, a!, c!], [a!, c!, b!], [a!, a!, c!], [a!, b!, b!], [alien!, b!, c!]]) {
      let next = 0
      const byRelay = openFile(file, () => Promise.resolve(other[next++]!))
      await expect(byRelay).rejects.toMatchObject({ kind: 'CannotOpen', message: 'attachment/6' })
      next = 0
      const bySender = openFile({ ...file, chunks: other.map(blobId) }, () => Promise.resolve(other[next++]!))
      await expect(bySender).rejects.toMatchObject({ kind: 'CannotOpen', message: 'attachment/1' })
    }
    const dropped = { ...file, chunks: file.chunks.slice(1) }
    await expect(openFile(dropped, () => Promise.resolve(b!))).rejects.toMatchObject({ kind: 'CannotOpen' })
  })
})

describe('an envelope of several packets', () => {
  /** The header and each packet, as they stand one after the other: all of these packets but the last are alike. */
  function pieces(whole: Uint8Array, count: number): Uint8Array[] {
    const [full, header] = [MIB + 80 + 7, 3 + whole[1]! * 256 + whole[2]!] // array 1, bin 32 5, boolean 1
    const starts = Array.from({ length: count }, (_, at) => header + at * full)
    return [whole.subarray(0, header), ...starts.map((start, at) => whole.subarray(start, starts[at + 1] ?? whole.length))]
  }

  test('is refused with packets reordered, dropped, doubled or of another letter', () => {
    const recipients = [publicKeys(own!).sealing]
    const text = new Uint8Array(2 * MIB + 9)
    const sealed = seal(text, own!.signing, recipients)
    const [header, a, b, c] = pieces(sealed, 3) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    const alien = pieces(seal(text, own!.signing, recipients), 3)[1]!
    expect(openSealed(join(header, a, b, c), [own!.sealing]).plaintext.length).toBe(text.length)
    const others = [[b, a, c], [a, c], [b, c], [a, a, b, c], [a, b, b, c], [alien, b, c], [a, b], [c], [a, b, c, c], [c, a, b]]
    for (const other of others) {
      expect(() => openSealed(join(header, ...other), [own!.sealing])).toThrow(CryptoError)
    }
  })
})
