/**
 * A delegate's slot: the box key in an envelope that the account signs for somebody else's sealing key.
 *
 * Who opens it knows who made it: the relay, which has everybody's public keys, could seal but not sign.
 */
import { equal } from './bytes.ts'
import { b64u, canonical, parseCanonical, unb64u } from './encoding.ts'
import { type Opened, openSealed, seal } from './envelope.ts'
import { cannotOpen, CryptoError, under } from './errors.ts'
import { keyId } from './hashing.ts'
import { BoxKey, type PublicKeys, type SealingSeed, type SigningPublic, type SigningSeed } from './keys.ts'
import { DELEGATE_FORMAT } from './labels.ts'
import { randomId } from './randomness.ts'
import { integer, isAccount, members, text } from './shape.ts'
import { bound, type Slot } from './slot.ts'

/** Who is to open the box with keys of their own: a carer. The caller has proven that `keys` are `account`'s. */
export type DelegateFor = { readonly type: 'delegate'; readonly account: string; readonly keys: PublicKeys }

/** A new slot for `boxKey`, signed by the account's own key. Raises RangeError for what is no account. */
export function wrapFor(boxKey: BoxKey, delegate: DelegateFor, account: string, since: number, signer: SigningSeed): Slot {
  if (!isAccount(delegate.account)) throw new RangeError('a delegate is an account')
  const kdf = { account: delegate.account, key: keyId(delegate.keys), name: 'sealed' }
  const bare = { id: randomId(), kdf, since, type: 'delegate' } as const
  const said = canonical({ boxKey: b64u(boxKey.raw), for: bound(bare, account), v: DELEGATE_FORMAT })
  return { ...bare, wrapped: seal(said, signer, [delegate.keys.sealing]) }
}

/** What an envelope gave, and who signed it: whoever opens the box compares that with the keys in it. */
export type Delegated = { readonly boxKey: BoxKey; readonly signer: SigningPublic }

/**
 * The box key, or undefined when the envelope is not for `seeds`. `signers` are proven keys of `account`.
 *
 * Raises CannotOpen for an envelope by another key, for more than one reader, or made for another slot.
 */
export function openDelegate(
  slot: Slot,
  account: string,
  seeds: readonly SealingSeed[],
  signers: readonly SigningPublic[],
): Delegated | undefined {
  const opened = openedBy(slot, seeds)
  if (opened === undefined) return undefined
  return under('CannotOpen', 'keybox/8', () => checked(opened, canonical(bound(slot, account)), signers))
}

function openedBy(slot: Slot, seeds: readonly SealingSeed[]): Opened | undefined {
  try {
    return openSealed(slot.wrapped, seeds)
  } catch (error) {
    if (error instanceof CryptoError) return undefined
    throw error
  }
}

function checked(opened: Opened, wanted: Uint8Array, signers: readonly SigningPublic[]): Delegated {
  const said = members(parseCanonical(opened.plaintext), ['boxKey', 'for', 'v'])
  const fits = integer(said.v) === DELEGATE_FORMAT && equal(canonical(said.for), wanted)
  const isTheirs = signers.some(({ raw }) => equal(raw, opened.sender.raw))
  if (!isTheirs || opened.recipients !== 1 || !fits) throw cannotOpen('keybox/8')
  return { boxKey: new BoxKey(unb64u(text(said.boxKey), 32)), signer: opened.sender }
}
