/** Key statements: each set of public keys is announced by the key before it (docs/spec/keybox.md, Key statement). */
import { equal, join, labelled, utf8 } from './bytes.ts'
import { b64u, canonical, parseCanonical, unb64u } from './encoding.ts'
import { CryptoError, under } from './errors.ts'
import { sha256 } from './hashing.ts'
import { type PublicKeys, sign, type SigningSeed, verify } from './keys.ts'
import { KEYS, STATEMENT } from './labels.ts'
import { array, integer, isAccount, members, moment, text, utc } from './shape.ts'

/** A statement and the keys it announces. `previous` is the hash of the one before; `seq` is from 0. */
export type Statement = {
  readonly raw: Uint8Array
  readonly account: string
  readonly seq: number
  readonly previous: Uint8Array | null
  readonly time: string
  readonly keys: PublicKeys
}
export type SignedStatement = { readonly statement: Uint8Array; readonly signature: Uint8Array }

const FORMAT = 1

/** 32 bytes: SHA-256 of the statement's bytes. */
export const statementHash = (statement: Uint8Array): Uint8Array => sha256(statement)

/** 32 bytes that stand for both public keys. */
export const keysCommitment = (keys: PublicKeys): Uint8Array =>
  sha256(join(utf8(KEYS), keys.signing.raw, keys.sealing.raw))

/** Announce `keys`. `signer` is the key before; of the first, the key itself. */
export function makeStatement(
  account: string,
  keys: PublicKeys,
  signer: SigningSeed,
  now: Date,
  previous: Statement | null = null,
): SignedStatement {
  const statement = canonical({
    account,
    flags: [],
    keys: b64u(keysCommitment(keys)),
    previous: previous === null ? null : b64u(statementHash(previous.raw)),
    seq: previous === null ? 0 : previous.seq + 1,
    time: utc(now),
    v: FORMAT,
  })
  return { statement, signature: sign(signedBytes(statement), signer) }
}

/**
 * The statement, when it announces `keys` of `account` and follows `previous` (null for the first of an account).
 *
 * Raises BadStatement.
 */
export function verifyStatement(
  { statement, signature }: SignedStatement,
  keys: PublicKeys,
  account: string,
  previous: Statement | null,
): Statement {
  const found = under('BadStatement', 'keybox/8', () => read(statement, keys))
  const signer = previous === null ? keys.signing : previous.keys.signing
  const isGood =
    found.account === account &&
    (previous === null || previous.account === account) &&
    isNext(found, previous) &&
    verify(signature, signedBytes(statement), signer)
  if (!isGood) throw bad()
  return found
}

/** A statement whose signature was verified before. Raises BadStatement. */
export const readStatement = (statement: Uint8Array, keys: PublicKeys): Statement =>
  under('BadStatement', 'keybox/8', () => read(statement, keys))

const bad = (): CryptoError => new CryptoError('BadStatement', 'keybox/8')

function read(statement: Uint8Array, keys: PublicKeys): Statement {
  const said = members(parseCanonical(statement), ['account', 'flags', 'keys', 'previous', 'seq', 'time', 'v'])
  const [account, seq] = [text(said.account), integer(said.seq)]
  if (integer(said.v) !== FORMAT || array(said.flags).length > 0 || seq < 0 || !isAccount(account)) throw bad()
  if (!equal(unb64u(text(said.keys), 32), keysCommitment(keys))) throw bad()
  const previous = said.previous === null ? null : unb64u(text(said.previous), 32)
  return { raw: statement, account, seq, previous, time: moment(said.time), keys }
}

function isNext(found: Statement, previous: Statement | null): boolean {
  if (previous === null) return found.seq === 0 && found.previous === null
  return found.seq === previous.seq + 1 && found.previous !== null && equal(found.previous, statementHash(previous.raw))
}

const signedBytes = (statement: Uint8Array): Uint8Array => labelled(STATEMENT, statement)
