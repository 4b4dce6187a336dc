/** The key log as the sealing worker judges it: trees and notes of our own making, each wrong in one way. */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { utf8 } from '../../src/crypto/bytes.ts'
import { newKeyPairs, publicKeys } from '../../src/crypto/keys.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { base64, unbase64 } from '../../src/crypto/transparency/base64.ts'
import { parseCheckpointText } from '../../src/crypto/transparency/checkpoint.ts'
import { encodeEntry, parseEntry } from '../../src/crypto/transparency/entry.ts'
import { verifyEntry, verifyLog } from '../../src/crypto/transparency/log.ts'
import { parseNote, parseVkey, vkeyOf } from '../../src/crypto/transparency/note.ts'
import { parsePolicy, verifyCheckpoint } from '../../src/crypto/transparency/policy.ts'
import { verifyConsistency, verifyInclusion } from '../../src/crypto/transparency/proof.ts'
import { announces, holder, makeStatement, readStatement, verifyStatement } from '../../src/crypto/transparency/statement.ts'
import { emptyRoot, leafHash } from '../../src/crypto/transparency/tree.ts'
import { ed25519, FakeLog, mlDsa, ORIGIN, pathOf, policyOf, rootOf, subproof } from '../fakes/keylog.ts'
import { ANNE, MARTIN } from '../fakes/letters.ts'
import { refusalOf } from './vectors.ts'

const NOW = new Date('2026-11-23T15:06:55Z')
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000)

beforeAll(ready)

const leaves = (count: number, salt = ''): Uint8Array[] =>
  Array.from({ length: count }, (_, at) => leafHash(utf8(`entry ${at} ${salt}`)))

describe('proofs', () => {
  test('every leaf of every small tree is proven at its place and at no other', () => {
    for (let size = 1; size <= 20; size++) {
      const tree = leaves(size)
      for (let index = 0; index < size; index++) {
        const [proof, root] = [pathOf(index, tree), rootOf(tree)]
        verifyInclusion(tree[index]!, index, size, proof, root)
        expect(() => verifyInclusion(tree[index]!, (index + 1) % size, size, proof, size === 1 ? emptyRoot() : root)).toThrow()
      }
    }
  })

  test('every beginning of every small tree is proven', () => {
    for (let size = 0; size <= 20; size++) {
      const tree = leaves(size)
      for (let old = 0; old <= size; old++) {
        const proof = old === 0 || old === size ? [] : subproof(old, tree, true)
        verifyConsistency(old, size, proof, rootOf(tree.slice(0, old)), rootOf(tree))
      }
    }
  })

  const tree = leaves(13)
  const root = rootOf(tree)
  const sizes = fc.integer({ min: 1, max: 12 })

  test('another history is not the beginning of a tree, whatever proof it comes with', () => {
    fc.assert(
      fc.property(sizes, fc.nat(12), (old, changed) => {
        const other = tree.map((leaf, at) => (at === changed % old ? leafHash(utf8('x')) : leaf))
        expect(() => verifyConsistency(old, 13, subproof(old, tree, true), rootOf(other.slice(0, old)), root)).toThrow()
        expect(() => verifyConsistency(old, 13, subproof(old, other, true), rootOf(other.slice(0, old)), root)).toThrow()
      }),
    )
  })

  test('a proof that lacks a hash, has one too many or a changed one proves nothing', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.constantFrom('short', 'long', 'changed'), (at, which, how) => {
        const damaged = (proof: readonly Uint8Array[]): readonly Uint8Array[] => {
          if (how === 'short') return proof.slice(1)
          if (how === 'long') return [...proof, leafHash(utf8('x'))]
          return proof.map((hash, place) => (place === which % proof.length ? leafHash(hash) : hash))
        }
        expect(() => verifyInclusion(tree[at]!, at, 13, damaged(pathOf(at, tree)), root)).toThrow()
        expect(() => verifyConsistency(at, 13, damaged(subproof(at, tree, true)), rootOf(tree.slice(0, at)), root)).toThrow()
      }),
    )
  })

  test.each([
    ['a place beyond the tree', () => verifyInclusion(tree[0]!, 13, 13, pathOf(0, tree), root)],
    ['a negative place', () => verifyInclusion(tree[0]!, -1, 13, pathOf(0, tree), root)],
    ['another size', () => verifyInclusion(tree[0]!, 0, 5, pathOf(0, tree), root)],
    ['a hash of 31 bytes', () => verifyInclusion(tree[0]!, 0, 13, pathOf(0, tree).map(one => one.slice(1)), root)],
    ['64 hashes', () => verifyInclusion(tree[0]!, 0, 2 ** 52, leaves(64), root)],
    ['a log that shrank', () => verifyConsistency(13, 12, [], root, rootOf(tree.slice(0, 12)))],
    ['a proof for an empty log', () => verifyConsistency(0, 13, [root], emptyRoot(), root)],
    ['an empty log with a root', () => verifyConsistency(0, 13, [], root, root)],
    ['a proof between equal sizes', () => verifyConsistency(13, 13, [root], root, root)],
    ['other roots at equal sizes', () => verifyConsistency(13, 13, [], rootOf(leaves(13, 'x')), root)],
    ['no proof at all', () => verifyConsistency(8, 13, [], rootOf(tree.slice(0, 8)), root)],
  ])('%s is refused', async (_, work) => {
    expect(await refusalOf(work)).toBe('BadProof')
  })

  test('a place above 2^32 is reckoned right', () => {
    const size = 2 ** 40 + 1
    verifyInclusion(tree[0]!, size - 1, size, [tree[1]!], rootOf([tree[1]!, tree[0]!]))
  })
})

describe('checkpoints', () => {
  let log: FakeLog
  beforeAll(() => {
    log = new FakeLog()
    for (const name of ['a', 'b', 'c']) log.append(utf8(name))
  })
  const judge = (note: string, now = NOW, policy = log.policy): Promise<string> =>
    refusalOf(() => verifyCheckpoint(utf8(note), parsePolicy(policy), now))

  test('one that log and witnesses signed says its tree', () => {
    const tree = verifyCheckpoint(utf8(log.checkpoint(NOW)), parsePolicy(log.policy), NOW)
    expect(tree).toMatchObject({ size: 3, root: log.root(), origin: ORIGIN })
  })

  test.each([0, 1, 2, 3])('one without signature %i is refused', async missing => {
    const signers = [...log.logKeys, ...log.witnesses].filter((_, at) => at !== missing)
    expect(await judge(log.checkpoint(NOW, 3, signers))).toBe('BadCheckpoint')
  })

  test('a stranger’s signature is skipped, a known signer’s wrong one is not', async () => {
    const [known, stranger] = [log.checkpoint(NOW), ed25519('stranger.example', 4)]
    const signers = [...log.logKeys, ...log.witnesses, stranger]
    expect(await judge(log.checkpoint(NOW, 3, signers))).toBe('accepted')
    const other = log.checkpoint(NOW, 2).split('\n').at(-2)!
    expect(await judge(`${known}${other}\n`)).toBe('BadCheckpoint')
  })

  test('a witness that signs twice counts once', async () => {
    const [first] = log.witnesses
    const policy = utf8(new TextDecoder().decode(policyOf(log.logKeys, log.witnesses)).replace(' all W0', ' 2 W0'))
    expect(await judge(log.checkpoint(NOW), NOW, policy)).toBe('accepted')
    expect(await judge(log.checkpoint(NOW, 3, [...log.logKeys, first!, first!]), NOW, policy)).toBe('BadCheckpoint')
  })

  test('it is good for 24 hours, and 10 minutes before it was made', async () => {
    const note = log.checkpoint(NOW)
    const answers = [86_400, 86_401, -600, -601].map(seconds => judge(note, later(seconds)))
    expect(await Promise.all(answers)).toEqual(['accepted', 'BadCheckpoint', 'accepted', 'BadCheckpoint'])
  })

  test('what is too old says so by its item, and what never was good does not', () => {
    const item = (note: string, now: Date): string => {
      try {
        verifyCheckpoint(utf8(note), parsePolicy(log.policy), now)
        return 'accepted'
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(item(log.checkpoint(NOW), later(90_000))).toBe('transparency/9')
    expect(item(log.checkpoint(NOW, 3, log.logKeys), later(90_000))).toBe('transparency/8')
  })

  test('a cosignature without a time is none', async () => {
    expect(await judge(log.checkpoint(new Date(0)), new Date(0))).toBe('BadCheckpoint')
  })

  test.each([
    ['no empty line', (note: string) => note.replace('\n\n', '\n')],
    ['no signature', (note: string) => note.slice(0, note.indexOf('\n\n') + 2)],
    ['a tab', (note: string) => note.replace('\n3\n', '\n3\t\n')],
    ['no newline at the end', (note: string) => note.slice(0, -1)],
    ['a hyphen instead of the dash', (note: string) => note.replace('— ', '- ')],
    ['other base 64', (note: string) => note.replace(/=\n$/, '\n')],
    ['33 lines', (note: string) => note + note.slice(note.indexOf('—')).split('\n')[0]!.concat('\n').repeat(29)],
    ['a line of a megabyte', (note: string) => `${note}— x ${'A'.repeat(1 << 20)}\n`],
  ])('a note with %s is refused', async (_, change) => {
    expect(await judge(change(log.checkpoint(NOW)))).toBe('BadCheckpoint')
  })

  test('bytes that are not UTF-8 are no note', async () => {
    const note = utf8(log.checkpoint(NOW))
    note[0] = 0xff
    expect(await refusalOf(() => parseNote(note))).toBe('BadCheckpoint')
  })

  test.each([
    ['another origin', 'evil.example/log\n3\nROOT\n'],
    ['leading zeroes', `${ORIGIN}\n03\nROOT\n`],
    ['a negative size', `${ORIGIN}\n-3\nROOT\n`],
    ['a size that no number holds', `${ORIGIN}\n9007199254740992\nROOT\n`],
    ['an extension line', `${ORIGIN}\n3\nROOT\nmore\n`],
    ['a short root', `${ORIGIN}\n3\nAAAA\n`],
    ['nothing', '\n'],
  ])('a checkpoint with %s is refused', async (_, text) => {
    const root = base64(rootOf(leaves(3)))
    expect(await refusalOf(() => parseCheckpointText(text.replace('ROOT', root), ORIGIN))).toBe('BadCheckpoint')
  })

  test('the next one must have come of the known one', async () => {
    const known = log.head(2)
    const news = (changes: object): Promise<string> =>
      refusalOf(() =>
        verifyLog({ policy: log.policy, checkpoint: log.checkpoint(NOW), known, consistency: log.consistency(2), ...changes }, NOW),
      )
    expect(await news({})).toBe('accepted')
    expect(await news({ consistency: null })).toBe('BadProof')
    expect(await news({ consistency: [] })).toBe('BadProof')
    expect(await news({ known: { ...known, root: log.head(1).root } })).toBe('BadProof')
    expect(await news({ checkpoint: log.checkpoint(NOW, 1), consistency: [] })).toBe('BadProof')
    expect(await news({ policy: utf8('quorum none\n') })).toBe('BadPolicy')
  })
})

describe('policies', () => {
  const [plain, timed] = [() => ed25519(ORIGIN, 1), () => mlDsa(ORIGIN)]
  const witness = (name: string): string => `witness ${name} ${vkeyOf(ed25519(`${name}.example`, 4).key)}\n`
  const logs = (): string => `log ${vkeyOf(plain().key)}\nlog ${vkeyOf(timed().key)} https://pli.example/log\n`
  const judge = (text: string): Promise<string> => refusalOf(() => parsePolicy(utf8(text)))

  test('white space, comments and groups of groups are read', () => {
    const text = `\t# all\n\n${logs()}${witness('A')}${witness('B')}${witness('C')}group G 1 A B\ngroup H all G C\nquorum H\n`
    const policy = parsePolicy(utf8(text))
    expect([policy.origin, policy.witnesses.map(({ name }) => name), policy.quorum]).toEqual([ORIGIN, ['A', 'B', 'C'], 'H'])
  })

  test.each<[string, () => string]>([
    ['an unknown keyword', () => `${logs()}monitor A\nquorum none\n`],
    ['a name twice', () => `${logs()}${witness('A')}group A any A\nquorum A\n`],
    ['a key twice', () => `${logs()}${witness('A')}${witness('A').replace('witness A', 'witness B')}quorum A\n`],
    ['the log’s key as a witness', () => `${logs()}witness A ${vkeyOf({ ...mlDsa(ORIGIN).key })}\nquorum A\n`],
    ['an undefined member', () => `${logs()}${witness('A')}group G any A B\nquorum G\n`],
    ['a member that is defined later', () => `${logs()}group G any A\n${witness('A')}quorum G\n`],
    ['a member twice', () => `${logs()}${witness('A')}group G 2 A A\nquorum G\n`],
    ['a member of two groups', () => `${logs()}${witness('A')}group G any A\ngroup H any A\nquorum G\n`],
    ['a threshold of 0', () => `${logs()}${witness('A')}group G 0 A\nquorum G\n`],
    ['a threshold above the members', () => `${logs()}${witness('A')}group G 2 A\nquorum G\n`],
    ['an empty group', () => `${logs()}group G any\nquorum G\n`],
    ['no quorum', logs],
    ['two quorums', () => `${logs()}quorum none\nquorum none\n`],
    ['an undefined quorum', () => `${logs()}quorum A\n`],
    ['one log key', () => `log ${vkeyOf(plain().key)}\nquorum none\n`],
    ['three log keys', () => `${logs()}log ${vkeyOf(ed25519(ORIGIN, 1, 'other').key)}\nquorum none\n`],
    ['log keys of two names', () => `log ${vkeyOf(plain().key)}\nlog ${vkeyOf(mlDsa('other/log').key)}\nquorum none\n`],
    ['a witness that says no time', () => `${logs()}witness A ${vkeyOf(ed25519('a.example', 1).key)}\nquorum A\n`],
    ['a control character', () => `${logs()}# \u0007\nquorum none\n`],
    ['64 KiB and more', () => `${logs()}#${'x'.repeat(64 * 1024)}\nquorum none\n`],
    ['a key with another id', () => logs().replace(/\+[0-9a-f]{8}\+/, '+00000000+')],
  ])('%s is refused', async (_, text) => {
    expect(await judge(text())).toBe('BadPolicy')
  })

  test('the key of another specification’s example is read as it says', () => {
    const vkey = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
    expect(vkeyOf(parseVkey(vkey))).toBe(vkey)
  })

  test('base 64 has one spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        expect(unbase64(base64(bytes))).toEqual(bytes)
      }),
    )
    expect(() => unbase64('AB==')).toThrow()
    expect(() => unbase64('AAA')).toThrow()
    expect(() => unbase64('AA-_')).toThrow()
  })
})

describe('statements and entries', () => {
  const pairs = newPairs()
  function newPairs(): () => ReturnType<typeof newKeyPairs>[] {
    let made: ReturnType<typeof newKeyPairs>[] | undefined
    return () => (made ??= [newKeyPairs(), newKeyPairs(), newKeyPairs()])
  }
  const keysOf = (at: number): ReturnType<typeof publicKeys> => publicKeys(pairs()[at]!)
  const seed = (at: number): ReturnType<typeof newKeyPairs>['signing'] => pairs()[at]!.signing
  const salt = new Uint8Array(32).fill(5)
  const first = (told = {}): ReturnType<typeof makeStatement> => makeStatement(ANNE, keysOf(0), seed(0), NOW, { box: 1, ...told })
  const second = (told = {}, signer = 0): ReturnType<typeof makeStatement> =>
    makeStatement(ANNE, keysOf(1), seed(signer), NOW, { box: 2, previous: readStatement(first().statement), ...told })

  test('a line of two is one line, and says what it announces', () => {
    const one = verifyStatement(first(), null, { account: ANNE, keys: keysOf(0) })
    const two = verifyStatement(second({ suspected: true }), one, { account: ANNE, keys: keysOf(1) })
    expect([two.seq, two.box, two.flags, announces(two, keysOf(1)), announces(two, keysOf(0))]).toEqual([1, 2, ['suspected'], true, false])
  })

  test('an enroller’s voucher stands beside its key, and an address is found by its salt', () => {
    const made = first({ by: seed(2), holders: [holder(salt, 'Anne@Example.org')] })
    const read = verifyStatement(made, null, { account: ANNE, keys: keysOf(0) })
    expect(read.by?.raw).toEqual(keysOf(2).signing.raw)
    expect(read.holders).toEqual([holder(salt, 'anne@example.org')])
  })

  test.each<[string, () => unknown]>([
    ['another account', () => verifyStatement(first(), null, { account: MARTIN })],
    ['other keys', () => verifyStatement(first(), null, { keys: keysOf(1) })],
    ['another signer', () => verifyStatement(second({}, 1), readStatement(first().statement))],
    ['a second line', () => verifyStatement(first(), readStatement(first().statement))],
    ['a line without its beginning', () => verifyStatement(second(), null)],
    ['the same box', () => verifyStatement(second({ box: 1 }), readStatement(first().statement))],
    ['an earlier time', () => verifyStatement(second(), { ...readStatement(first().statement), time: '2026-11-23T15:06:55.000001Z' })],
    ['a missing voucher', () => verifyStatement({ ...first({ by: seed(2) }), voucher: null }, null)],
    ['a voucher by nobody', () => verifyStatement({ ...first(), voucher: first().signature }, null)],
    ['another’s voucher', () => verifyStatement({ ...first({ by: seed(2) }), voucher: first({ by: seed(1) }).voucher }, null)],
    ['an enroller of a later one', () => verifyStatement(second({ by: seed(2) }), readStatement(first().statement))],
    ['holders of a later one', () => readStatement(second({ holders: [salt] }).statement)],
    ['17 holders', () => readStatement(first({ holders: Array.from({ length: 17 }, (_, at) => new Uint8Array(32).fill(at)) }).statement)],
    ['box 0', () => readStatement(first({ box: 0 }).statement)],
    ['another flag', () => readStatement(changed('"flags":[]', '"flags":["odd"]'))],
    ['another member', () => readStatement(changed('"flags":[]', '"flags":[],"g":1'))],
    ['another version', () => readStatement(changed('"v":1', '"v":2'))],
    ['a signing key that is no point', () => readStatement(changed(/"signing":"[^"]*"/, `"signing":"${'A'.repeat(43)}"`))],
    ['white space', () => readStatement(changed('"v":1', '"v": 1'))],
    ['an entry with more in it', () => parseEntry(utf8(new TextDecoder().decode(encodeEntry(first())).replace('{', '{"a":1,')))],
    ['an entry of 5000 bytes', () => parseEntry(new Uint8Array(5000))],
  ])('%s is refused', async (_, work) => {
    expect(await refusalOf(work)).toBe('BadStatement')
  })
  const changed = (from: string | RegExp, to: string): Uint8Array =>
    utf8(new TextDecoder().decode(first().statement).replace(from, to))

  test('an entry gives back what it was made of, and stands in the log where it was put', async () => {
    const log = new FakeLog()
    log.append(utf8('before'))
    const announcement = first({ by: seed(2) })
    expect(parseEntry(encodeEntry(announcement))).toEqual(announcement)
    const entry = { ...announcement, head: log.head(1), index: log.append(encodeEntry(announcement)), inclusion: log.inclusion(1) }
    verifyEntry({ ...entry, head: log.head() })
    expect(await refusalOf(() => verifyEntry(entry))).toBe('BadProof')
    expect(await refusalOf(() => verifyEntry({ ...entry, head: log.head(), inclusion: null }))).toBe('BadProof')
    expect(await refusalOf(() => verifyEntry({ ...entry, head: log.head(), signature: second().signature }))).toBe('BadProof')
  })
})
