/** statement.json and transparency.json. */
import { beforeAll, describe, expect, test } from 'vitest'
import { utf8 } from '../../src/crypto/bytes.ts'
import { CryptoError } from '../../src/crypto/errors.ts'
import { publicKeys, SealingSeed, SigningSeed } from '../../src/crypto/keys.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { encodeEntry, parseEntry } from '../../src/crypto/transparency/entry.ts'
import { parseVkey, vkeyOf } from '../../src/crypto/transparency/note.ts'
import { parsePolicy, type Policy, verifyCheckpoint } from '../../src/crypto/transparency/policy.ts'
import { verifyConsistency, verifyInclusion } from '../../src/crypto/transparency/proof.ts'
import {
  checkHolder,
  holder,
  isSuspected,
  readStatement,
  type Statement,
  statementHash,
  verifyStatement,
} from '../../src/crypto/transparency/statement.ts'
import { leafHash } from '../../src/crypto/transparency/tree.ts'
import { type Bytes, bytesOf, type Case, hex, kindOf, readCases, refusalOf, unhex } from './vectors.ts'

beforeAll(ready)

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** The cases of one op: what is not refused gives `expect`. */
function each<Members extends { readonly expect?: unknown }>(file: string, op: string, work: (given: Case<Members>) => unknown): void {
  const cases = readCases<Members>(file).filter(one => one.op === op)
  test('there are cases', () => expect(cases.length).toBeGreaterThan(0))
  test.each(cases)('$name', async given => {
    if (given.refusal === undefined) expect(work(given)).toEqual(given.expect)
    else expect(await refusalOf(() => work(given))).toBe(kindOf(given.refusal))
  })
}

type Announced = { readonly statement: string; readonly signature: string; readonly voucher: string | null }
type Line = {
  readonly account: string
  readonly chain: readonly (Announced & { readonly signingSeed: string; readonly sealingSeed: string })[]
  readonly expect?: unknown
}

const announcement = ({ statement, signature, voucher }: Announced): Parameters<typeof verifyStatement>[0] => ({
  statement: utf8(statement),
  signature: unhex(signature),
  voucher: voucher === null ? null : unhex(voucher),
})

const follow = ({ account, chain }: Line, length: number): Statement | null =>
  chain.slice(0, length).reduce<Statement | null>((previous, link) => {
    const signing = new SigningSeed(unhex(link.signingSeed))
    const keys = publicKeys({ signing, sealing: new SealingSeed(unhex(link.sealingSeed)) })
    return verifyStatement(announcement(link), previous, { account, keys })
  }, null)

describe('statement.json: line', () => {
  each<Line>('statement', 'line', given => {
    const last = follow(given, given.chain.length)!
    return { hash: hex(statementHash(last.raw)), seq: last.seq, box: last.box, suspected: isSuspected(last) }
  })
  test.each(readCases<Line>('statement').filter(({ op, refusal }) => op === 'line' && refusal !== undefined))(
    'what stands before it is good: $name',
    given => expect(() => follow(given, given.chain.length - 1)).not.toThrow(),
  )
})

describe('statement.json: entry', () => {
  each<{ readonly entry: string; readonly expect?: unknown }>('statement', 'entry', ({ entry }) => {
    const parsed = parseEntry(utf8(entry))
    expect(text(encodeEntry(parsed))).toBe(entry)
    const { statement, signature, voucher } = parsed
    return { statement: text(statement), signature: hex(signature), voucher: voucher === null ? null : hex(voucher) }
  })
})

describe('statement.json: holder', () => {
  type Given = { readonly statement: string; readonly address: string; readonly salt: string; readonly expect?: unknown }
  each<Given>('statement', 'holder', ({ statement, address, salt }) => {
    checkHolder(readStatement(utf8(statement)), address, unhex(salt))
    return hex(holder(unhex(salt), address))
  })
})

describe('transparency.json: inclusion', () => {
  type Given = { readonly entry: string; readonly index: number; readonly size: number; readonly proof: readonly string[]; readonly root: string; readonly expect?: unknown }
  each<Given>('transparency', 'inclusion', ({ entry, index, size, proof, root }) => {
    verifyInclusion(leafHash(unhex(entry)), index, size, proof.map(unhex), unhex(root))
    return true
  })
})

describe('transparency.json: consistency', () => {
  type Given = { readonly old: number; readonly new: number; readonly proof: readonly string[]; readonly oldRoot: string; readonly newRoot: string; readonly expect?: unknown }
  each<Given>('transparency', 'consistency', given => {
    verifyConsistency(given.old, given.new, given.proof.map(unhex), unhex(given.oldRoot), unhex(given.newRoot))
    return true
  })
})

type Text = { readonly text?: string; readonly note?: string; readonly raw?: Bytes; readonly expect?: unknown }
const given = ({ text: plain, note, raw }: Text): Uint8Array => (raw === undefined ? utf8(plain ?? note ?? '') : bytesOf(raw))

describe('transparency.json: checkpoint', () => {
  type Given = Text & { readonly policy: string; readonly now: string }
  const judge = (one: Given): unknown => {
    const { origin, size, root } = verifyCheckpoint(given(one), parsePolicy(utf8(one.policy)), new Date(one.now))
    return { origin, size, root: hex(root) }
  }
  each<Given>('transparency', 'checkpoint', judge)
  test.each(readCases<Given>('transparency').filter(({ op, refusal }) => op === 'checkpoint' && refusal !== undefined))(
    'it is stale or it is not: $name',
    one => {
      const itemOf = (work: () => unknown): string => {
        try {
          work()
          return 'accepted'
        } catch (error) {
          return error instanceof CryptoError ? error.message : 'another error'
        }
      }
      expect(itemOf(() => judge(one)) === 'transparency/9').toBe(one.refusal === 'transparency/9')
    },
  )
})

describe('transparency.json: policy', () => {
  const quorumOf = ({ groups, quorum }: Policy): unknown => {
    const said = (name: string): unknown => {
      const group = groups.get(name)
      return group === undefined ? name : { threshold: group.least, members: group.members.map(said) }
    }
    return quorum === 'none' ? null : said(quorum)
  }
  each<Text>('transparency', 'policy', one => {
    const policy = parsePolicy(given(one))
    const expected = one.expect as { readonly logUrl: unknown; readonly witnesses: readonly (readonly [string, string, unknown])[] }
    return {
      hash: hex(policy.hash),
      origin: policy.origin,
      logKeys: policy.logKeys.toSorted((left, right) => left.kind - right.kind).map(vkeyOf),
      logUrl: expected.logUrl, // where to ask: not a client's matter, which asks its own relay
      witnesses: policy.witnesses.map(({ name, key }, at) => [name, vkeyOf(key), expected.witnesses[at]?.[2] ?? null]),
      quorum: quorumOf(policy),
    }
  })
})

describe('transparency.json: vkey', () => {
  each<{ readonly vkey: string; readonly expect?: unknown }>('transparency', 'vkey', ({ vkey }) => {
    const key = parseVkey(vkey)
    expect(vkeyOf(key)).toBe(vkey)
    return { name: key.name, kind: key.kind, keyId: hex(key.id), public: hex(key.public) }
  })
})
