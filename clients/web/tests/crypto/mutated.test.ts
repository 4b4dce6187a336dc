/**
 * Every parser of what strangers make, given mutated vectors: nothing but its one error comes out, and soon.
 *
 * The counterpart of `./dev fuzz`, bounded so that it runs with the suite: always the same inputs.
 */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { fromBytes, NotALetter, toBytes } from '../../src/content/letter.ts'
import { partFromJson } from '../../src/content/kinds.ts'
import { attachmentFromJson } from '../../src/crypto/attachment.ts'
import { join, utf8 } from '../../src/crypto/bytes.ts'
import { formatCode, newCode, parseCode } from '../../src/crypto/code.ts'
import { contentFromJson } from '../../src/crypto/content.ts'
import { canonical, type Json, parseCanonical, unb64u } from '../../src/crypto/encoding.ts'
import { openSealed } from '../../src/crypto/envelope.ts'
import { CryptoError } from '../../src/crypto/errors.ts'
import { openChunk } from '../../src/crypto/file.ts'
import { parseHeader } from '../../src/crypto/header.ts'
import { openAsDelegate, openBox, passwordKdfOf } from '../../src/crypto/keybox.ts'
import { BoxKey, loadSealing, loadSigning, newKeyPairs, publicKeys, SealingSeed } from '../../src/crypto/keys.ts'
import { unpad } from '../../src/crypto/padding.ts'
import { makeGrant, makeHello, newPairing, openGrant, openHello, type Pairing } from '../../src/crypto/pairing.ts'
import { moment } from '../../src/crypto/shape.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { openState, sealState } from '../../src/crypto/state.ts'
import { unbase64 } from '../../src/crypto/transparency/base64.ts'
import { parseCheckpointText } from '../../src/crypto/transparency/checkpoint.ts'
import { parseEntry } from '../../src/crypto/transparency/entry.ts'
import { parseNote, parseVkey } from '../../src/crypto/transparency/note.ts'
import { parsePolicy, verifyCheckpoint } from '../../src/crypto/transparency/policy.ts'
import { verifyConsistency, verifyInclusion } from '../../src/crypto/transparency/proof.ts'
import { checkHolder, readStatement } from '../../src/crypto/transparency/statement.ts'
import { FakeLog } from '../fakes/keylog.ts'
import { ANNE, invitation, letter, recordDocument } from '../fakes/letters.ts'
import { type Bytes, bytesOf, readCases, unhex } from './vectors.ts'

const NOW = new Date('2026-11-23T15:06:55Z')
const SEED = 20261123
const RUNS = 250
const LIMIT_MS = 20
const SEEDS_LIMIT = 1 << 16 // larger inputs only repeat what smaller ones do

type Target = { readonly seeds: () => readonly Uint8Array[]; readonly run: (bytes: Uint8Array) => unknown }
type Any = Readonly<Record<string, Json>>

/** One member of all the vectors of a file that have it as text or as bytes. */
const texts = (file: string, member: string, op?: string): readonly Uint8Array[] =>
  readCases<Any>(file)
    .filter(given => typeof given[member] === 'string' && (op === undefined || given.op === op))
    .map(given => utf8(given[member] as string))
const raws = (file: string, member: string, op?: string): readonly Uint8Array[] =>
  readCases<Any>(file)
    .filter(given => given[member] !== undefined && (op === undefined || given.op === op))
    .map(given => bytesOf(given[member] as Bytes))
    .filter(({ length }) => length <= SEEDS_LIMIT)

const decoder = new TextDecoder('utf-8', { ignoreBOM: true }) // a mark at the beginning is what the parser has to see
const asText = (bytes: Uint8Array): string => decoder.decode(bytes)
/** As JSON that came over the wire, whatever it is; what is none is refused before any parser of ours. */
const json = (bytes: Uint8Array): Json => parseCanonical(bytes)

let pairing: Pairing
let hello: Uint8Array
let grant: Uint8Array
let log: FakeLog
const { own, seeds, boxKey } = { own: newKeyPairs, seeds: [new SealingSeed(new Uint8Array(32))], boxKey: () => new BoxKey(new Uint8Array(32)) }

beforeAll(async () => {
  await ready()
  const { signing } = own()
  pairing = newPairing()
  const helping = { account: ANNE, signer: signing, key: publicKeys({ signing, sealing: pairing.seed }).sealing, code: pairing.code }
  hello = makeHello(helping).sealed
  grant = makeGrant(helping, { boxKey: boxKey(), login: 'anne', version: 1 })
  log = new FakeLog()
  log.append(utf8('a'))
})

const envelopes = (): readonly Uint8Array[] => raws('envelope', 'sealed')
const boxes = (): readonly Uint8Array[] => texts('keybox', 'box')
const statements = (): readonly Uint8Array[] =>
  readCases<{ readonly chain?: readonly { readonly statement: string }[] }>('statement').flatMap(given => given.chain?.map(link => utf8(link.statement)) ?? [])
const content: Json = { created: '2026-11-23T15:06:55Z', lastCheckpoint: null, pins: { [ANNE]: 'A'.repeat(43) }, previous: [], signing: 'A'.repeat(43), slots: ['A'.repeat(22)], xwing: 'A'.repeat(43) }
const references = (): readonly Uint8Array[] =>
  readCases<{ readonly attachment?: Json }>('attachment').flatMap(({ attachment }) => (attachment === undefined ? [] : [canonical(attachment)]))
const letters = (): readonly Uint8Array[] => [toBytes(letter()), toBytes(letter({ html: '<p>a</p>', parts: [invitation(), recordDocument()] }))]
const file = { chunks: ['b'.padEnd(65, '0')], id: new Uint8Array(16), key: new Uint8Array(32), name: 'a', sha256: new Uint8Array(32), size: 9, type: 'a/b' }

const cut = (bytes: Uint8Array): Uint8Array[] => Array.from({ length: Math.ceil(bytes.length / 32) }, (_, at) => bytes.slice(32 * at, 32 * at + 32))
const numberOf = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => sum * 256 + byte, 0)

const TARGETS: Readonly<Record<string, Target>> = {
  'canonical JSON': { seeds: () => raws('encodings', 'raw', 'json'), run: parseCanonical },
  b64u: { seeds: () => texts('encodings', 'text', 'b64u'), run: bytes => unb64u(asText(bytes)) },
  'base 64': { seeds: () => [utf8('AAAA'), utf8('+/8=')], run: bytes => unbase64(asText(bytes)) },
  time: { seeds: () => texts('encodings', 'text', 'time'), run: bytes => moment(asText(bytes)) },
  'signing key': { seeds: () => raws('encodings', 'raw', 'load-signing'), run: loadSigning },
  'sealing key': { seeds: () => raws('encodings', 'raw', 'load-sealing'), run: loadSealing },
  padding: { seeds: () => raws('padding', 'padded'), run: unpad },
  envelope: { seeds: envelopes, run: bytes => openSealed(bytes, seeds) },
  'envelope header': { seeds: () => envelopes().map(sealed => sealed.slice(3)), run: parseHeader },
  'attachment reference': { seeds: references, run: bytes => attachmentFromJson(json(bytes)) },
  chunk: { seeds: () => [new Uint8Array(25), new Uint8Array(64)], run: bytes => openChunk(file, 0, bytes) },
  'key box': { seeds: boxes, run: bytes => openBox(bytes, ANNE, { type: 'device', key: new Uint8Array(32) }) },
  'key box under its key': { seeds: boxes, run: bytes => openBox(bytes, ANNE, boxKey()) },
  'key box of another': { seeds: boxes, run: bytes => openAsDelegate(bytes, ANNE, seeds, []) },
  'password parameters': { seeds: boxes, run: passwordKdfOf },
  'content of a box': { seeds: () => [canonical(content)], run: bytes => contentFromJson(json(bytes)) },
  code: { seeds: () => [utf8(formatCode(newCode())), ...texts('keybox', 'typed', 'code')], run: bytes => parseCode(asText(bytes)) },
  'sealed state': {
    seeds: () => [sealState(boxKey(), { label: 'read', version: 1 }, utf8('{}'))],
    run: bytes => openState(boxKey(), { label: 'read', version: 1 }, bytes),
  },
  hello: { seeds: () => [hello], run: bytes => openHello(bytes, pairing) },
  grant: { seeds: () => [grant], run: bytes => openGrant(bytes, pairing, openHello(hello, pairing)) },
  statement: { seeds: statements, run: readStatement },
  holder: { seeds: () => texts('statement', 'statement'), run: bytes => checkHolder(readStatement(bytes), 'a@b.example', new Uint8Array(32)) },
  entry: { seeds: () => texts('statement', 'entry'), run: parseEntry },
  note: { seeds: () => texts('transparency', 'note'), run: parseNote },
  'checkpoint text': { seeds: () => texts('transparency', 'note'), run: bytes => parseCheckpointText(`${asText(bytes).split('\n\n')[0]}\n`, 'pli.example/log') },
  checkpoint: { seeds: () => [utf8(log.checkpoint(NOW))], run: bytes => verifyCheckpoint(bytes, parsePolicy(log.policy), NOW) },
  policy: { seeds: () => texts('transparency', 'text', 'policy'), run: parsePolicy },
  'key of a note': { seeds: () => texts('transparency', 'vkey'), run: bytes => parseVkey(asText(bytes)) },
  inclusion: {
    seeds: () => [new Uint8Array(2 + 96), join(Uint8Array.of(7, 9), new Uint8Array(128))],
    run: bytes => verifyInclusion(new Uint8Array(32), bytes[0] ?? 0, numberOf(bytes.slice(1, 7)), cut(bytes.slice(7)), new Uint8Array(32)),
  },
  consistency: {
    seeds: () => [new Uint8Array(2 + 96), join(Uint8Array.of(7, 9), new Uint8Array(128))],
    run: bytes => verifyConsistency(bytes[0] ?? 0, numberOf(bytes.slice(1, 7)), cut(bytes.slice(7)), new Uint8Array(32), new Uint8Array(32)),
  },
  letter: { seeds: letters, run: fromBytes },
  part: { seeds: () => [invitation(), recordDocument()].map(part => canonical(part as unknown as Json)), run: bytes => partFromJson(json(bytes)) },
}

type Change = { readonly how: 'flip' | 'set' | 'cut' | 'drop' | 'double' | 'insert' | 'splice'; readonly at: number; readonly other: number; readonly byte: number }
const changes = fc.array(
  fc.record({
    how: fc.constantFrom<Change['how']>('flip', 'set', 'cut', 'drop', 'double', 'insert', 'splice'),
    at: fc.nat(1 << 16),
    other: fc.nat(1 << 16),
    byte: fc.nat(255),
  }),
  { minLength: 1, maxLength: 4 },
)

function changed(bytes: Uint8Array, { how, at, other, byte }: Change, all: readonly Uint8Array[]): Uint8Array {
  const place = at % (bytes.length + 1)
  const end = place + (other % 40)
  const [before, after] = [bytes.slice(0, place), bytes.slice(place)]
  if (how === 'cut') return before
  if (how === 'drop') return join(before, bytes.slice(end))
  if (how === 'double') return join(before, bytes.slice(place, end), after)
  if (how === 'insert') return join(before, Uint8Array.of(byte), after)
  if (how === 'splice') return join(before, all[other % all.length]!.slice(place))
  const changing = bytes.slice()
  if (place < bytes.length) changing[place] = how === 'set' ? byte : changing[place]! ^ (1 << (byte & 7))
  return changing
}

/** Milliseconds of the processor: others on this machine do not count. */
function costOf(work: () => unknown): number {
  const before = process.cpuUsage()
  try {
    work()
  } catch (error) {
    if (!(error instanceof CryptoError) && !(error instanceof NotALetter)) throw error
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

describe('mutated input', () => {
  test.each(Object.entries(TARGETS))('of %s is refused with the one error, or read, within 20 ms', (_, target) => {
    const given = target.seeds()
    expect(given.length).toBeGreaterThan(0)
    for (const seed of given.slice(0, 20)) costOf(() => target.run(seed)) // compiled before it is timed
    fc.assert(
      fc.property(fc.nat(given.length - 1), changes, (which, how) => {
        const bytes = how.reduce((made, change) => changed(made, change, given), given[which]!)
        let cost = costOf(() => target.run(bytes))
        // A collection of garbage is not the input's: what is slow is slow three times.
        for (let again = 0; again < 2 && cost > LIMIT_MS; again++) cost = Math.min(cost, costOf(() => target.run(bytes)))
        expect(cost).toBeLessThanOrEqual(LIMIT_MS)
      }),
      { numRuns: RUNS, seed: SEED },
    )
  })

  test.each(Object.entries(TARGETS))('of noise, nothing and everything: %s says no more than its error', (_, target) => {
    const odd = [new Uint8Array(0), new Uint8Array(4096), new Uint8Array(4096).fill(0xff), utf8('{'.repeat(4096)), utf8('["'.repeat(4096)), unhex('c1'.repeat(64))]
    for (const bytes of odd) expect(costOf(() => target.run(bytes))).toBeTypeOf('number')
  })
})

test.each(Object.entries(TARGETS))('the largest input of its kind that says nothing is refused by %s as soon', (name, target) => {
  const long = ['A', '— ', '\n', 'log ', '{"a":', '[', '\\u0000', '\u0000'].map(unit => utf8(unit.repeat(SEEDS_LIMIT / utf8(unit).length)))
  for (const bytes of long) {
    const cost = Math.min(...[1, 2, 3].map(() => costOf(() => target.run(bytes))))
    expect([name, asText(bytes.slice(0, 8)), cost <= LIMIT_MS]).toEqual([name, asText(bytes.slice(0, 8)), true])
  }
})
