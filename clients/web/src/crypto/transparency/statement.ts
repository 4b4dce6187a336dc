/**
 * Key statements: each set of public keys is announced by the key before it (docs/spec/transparency.md, Statement).
 *
 * What is read here is signed by somebody who may lie: readStatement says that the form is right, verifyStatement that
 * it follows the one before. Whose keys they are, the log says (proof.ts, policy.ts).
 */
import { equal, labelled, utf8 } from '../bytes.ts'
import { b64u, canonical, type Json, parseCanonical, unb64u } from '../encoding.ts'
import { CryptoError, under } from '../errors.ts'
import { sha256 } from '../hashing.ts'
import { loadSigning, type PublicKeys, type SealingPublic, sign, signingPublic, type SigningPublic, type SigningSeed, verify } from '../keys.ts'
import { ENTRY_LIMIT, HOLDER, HOLDER_LIMIT, SEALING_HASH, STATEMENT, SUSPECTED, VOUCHER } from '../labels.ts'
import { array, integer, isAccount, members, moment, text, utc } from '../shape.ts'

/**
 * A statement of the right form. `previous` is the hash of the one before, `seq` counts from 0, `box` is the version of
 * the key box that first held the keys, `by` is who answers for the account, `sealing` is sealingHash of the sealing key.
 */
export type Statement = {
  readonly raw: Uint8Array
  readonly account: string
  readonly seq: number
  readonly previous: Uint8Array | null
  readonly time: string
  readonly box: number
  readonly by: SigningPublic | null
  readonly flags: readonly string[]
  readonly holders: readonly Uint8Array[]
  readonly signing: SigningPublic
  readonly sealing: Uint8Array
}

/** What travels: the statement's bytes, its signature (64), and the enroller's voucher (64) when it names one. */
export type Announcement = {
  readonly statement: Uint8Array
  readonly signature: Uint8Array
  readonly voucher: Uint8Array | null
}

/** Besides the keys. `previous`: null for the first statement; `by` and `holders` are of the first alone. */
export type Told = {
  readonly box: number
  readonly previous?: Statement | null
  readonly by?: SigningSeed | null
  readonly holders?: readonly Uint8Array[]
  readonly suspected?: boolean
}

const FORMAT = 1
const [FORM, FIT, FIRST_ONLY] = ['transparency/1', 'transparency/2', 'transparency/3'] as const
const MEMBERS = ['account', 'box', 'by', 'flags', 'holders', 'previous', 'sealing', 'seq', 'signing', 'time', 'v'] as const

/** 32 bytes: SHA-256 of the statement's bytes. */
export const statementHash = (statement: Uint8Array): Uint8Array => sha256(statement)

/** 32 bytes that stand for a sealing key. */
export const sealingHash = (sealing: SealingPublic): Uint8Array => sha256(labelled(SEALING_HASH, sealing.raw))

/** 32 bytes that stand for a mail address in NFC and small letters, to whoever has the salt (32 bytes). */
export const holder = (salt: Uint8Array, address: string): Uint8Array =>
  sha256(labelled(HOLDER, salt, utf8(address.normalize('NFC').toLowerCase())))

/** Whether these are the keys. */
export const announces = (statement: Statement, keys: PublicKeys): boolean =>
  equal(statement.signing.raw, keys.signing.raw) && equal(statement.sealing, sealingHash(keys.sealing))

/** Whether the keys before may be in other hands. */
export const isSuspected = ({ flags }: Statement): boolean => flags.includes(SUSPECTED)

/**
 * Announce `keys`. `signer` is the key before; of the first, the key itself.
 *
 * The time is `now`, or that of `previous` when this clock is behind it. `box` must be above that of `previous`.
 */
export function makeStatement(account: string, keys: PublicKeys, signer: SigningSeed, now: Date, told: Told): Announcement {
  const { box, previous = null, by = null, holders = [], suspected = false } = told
  const statement = canonical({
    account,
    box,
    by: by === null ? null : b64u(signingPublic(by).raw),
    flags: suspected ? [SUSPECTED] : [],
    holders: [...new Set(holders.map(b64u))].sort(),
    previous: previous === null ? null : b64u(statementHash(previous.raw)),
    sealing: b64u(sealingHash(keys.sealing)),
    seq: previous === null ? 0 : previous.seq + 1,
    signing: b64u(keys.signing.raw),
    time: previous !== null && Date.parse(previous.time) > Date.parse(utc(now)) ? previous.time : utc(now),
    v: FORMAT,
  })
  const voucher = by === null ? null : sign(labelled(VOUCHER, statement), by)
  return { statement, signature: sign(labelled(STATEMENT, statement), signer), voucher }
}

/**
 * The statement, when it follows `previous` (null for the first of an account) and announces `keys`.
 *
 * Without `previous` the caller names the account, or compares it with the answer. Raises BadStatement.
 */
export function verifyStatement(
  { statement, signature, voucher }: Announcement,
  previous: Statement | null,
  wanted: { readonly account?: string; readonly keys?: PublicKeys } = {},
): Statement {
  const found = readStatement(statement)
  need(wanted.account === undefined || found.account === wanted.account)
  need(follows(found, previous))
  need((voucher === null) === (found.by === null), FIRST_ONLY)
  need(wanted.keys === undefined || announces(found, wanted.keys))
  need(verify(signature, labelled(STATEMENT, statement), (previous ?? found).signing))
  need(found.by === null || voucher === null || verify(voucher, labelled(VOUCHER, statement), found.by))
  return found
}

/** The form alone: of a statement that was verified before. Raises BadStatement. */
export function readStatement(statement: Uint8Array): Statement {
  need(statement.length <= ENTRY_LIMIT, FORM)
  const found = under('BadStatement', FORM, () => read(statement))
  need((found.seq === 0) === (found.previous === null))
  need(found.seq === 0 || (found.by === null && found.holders.length === 0), FIRST_ONLY)
  return found
}

/** Raises BadStatement unless an enroller answers in this first statement for the account having the mail address. */
export function checkHolder(first: Statement, address: string, salt: Uint8Array): void {
  const wanted = salt.length === 32 ? holder(salt, address) : undefined
  const isHeld = wanted !== undefined && first.holders.some(one => equal(one, wanted))
  need(first.by !== null && isHeld, 'transparency/14')
}

function read(statement: Uint8Array): Statement {
  const said = members(parseCanonical(statement), MEMBERS)
  const [account, seq, box] = [text(said.account), integer(said.seq), integer(said.box)]
  need(integer(said.v) === FORMAT && seq >= 0 && box >= 1 && isAccount(account), FORM)
  return {
    raw: statement,
    account,
    seq,
    previous: said.previous === null ? null : unb64u(text(said.previous), 32),
    time: moment(said.time),
    box,
    by: said.by === null ? null : point(said.by),
    flags: flagsFrom(said.flags),
    holders: holdersFrom(said.holders),
    signing: point(said.signing),
    sealing: unb64u(text(said.sealing), 32),
  }
}

const point = (value: Json): SigningPublic => {
  const raw = unb64u(text(value), 32)
  return under('BadStatement', FIT, () => loadSigning(raw))
}

function flagsFrom(value: Json): readonly string[] {
  const flags = array(value).map(text)
  need(flags.length === 0 || (flags.length === 1 && flags[0] === SUSPECTED), FORM)
  return flags
}

/** Sorted as they are spelled, not as the bytes they stand for: the two orders differ. */
function holdersFrom(value: Json): readonly Uint8Array[] {
  const spelled = array(value).map(text)
  need(spelled.length <= HOLDER_LIMIT && spelled.every((one, at) => at === 0 || one > (spelled[at - 1] ?? '')), FORM)
  return spelled.map(one => unb64u(one, 32))
}

function follows(found: Statement, previous: Statement | null): boolean {
  if (previous === null) return found.seq === 0
  return (
    found.account === previous.account &&
    found.seq === previous.seq + 1 &&
    found.previous !== null &&
    equal(found.previous, statementHash(previous.raw)) &&
    found.box > previous.box &&
    microseconds(found.time) >= microseconds(previous.time)
  )
}

/** Since 1970: Date knows milliseconds only, and a statement may say more. */
function microseconds(time: string): bigint {
  const [seconds = '', fraction = ''] = time.slice(0, -1).split('.')
  return BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0'))
}

function need(kept: boolean, item: string = FIT): void {
  if (!kept) throw new CryptoError('BadStatement', item)
}
