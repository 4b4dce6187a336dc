/**
 * Pairing: a second device gets the box key from the first, after a person compared six digits (docs/spec/pairing.md).
 *
 * The relay carries keys and envelopes: it can neither put a key of its own in (another code), nor make an envelope (no
 * signing key), nor choose digits (it does not know the comparison).
 */
import { equal, labelled, utf8 } from './bytes.ts'
import { type Code, codeOfBits, codeText, numberOf } from './code.ts'
import { b64u, canonical, type JsonObject, parseCanonical, unb64u } from './encoding.ts'
import { openSealed, seal } from './envelope.ts'
import { cannotOpen, CryptoError, under } from './errors.ts'
import { hmac256, sha256 } from './hashing.ts'
import { openBox, type OpenedBox } from './keybox.ts'
import {
  BoxKey,
  publicOfSealing,
  type SealingPublic,
  SealingSeed,
  type SigningPublic,
  signingPublic,
  type SigningSeed,
} from './keys.ts'
import { COMPARISON, PAIRING, PAIRING_FORMAT } from './labels.ts'
import { type Source, SYSTEM } from './randomness.ts'
import { integer, isAccount, members, text } from './shape.ts'

/** What the new device holds while it waits. `code` is of the seed's public key: the code is what people carry. */
export type Pairing = { readonly seed: SealingSeed; readonly code: Code }
/** Who says hello, and the 32 bytes that nobody but the two devices knows until the digits are compared. */
export type Hello = { readonly account: string; readonly comparison: Uint8Array; readonly signer: SigningPublic }
/** The account's box key, the name its owner logs in with, and the version of the box that was open. */
export type Grant = { readonly boxKey: BoxKey; readonly login: string; readonly version: number }
/** The old device: whose account, whose key signs, and what the person's eyes or camera and the relay brought. */
export type Helping = {
  readonly account: string
  readonly signer: SigningSeed
  readonly key: SealingPublic
  readonly code: Code
}

const DIGITS = 1_000_000n

/** A fresh pair whose code people can type. */
export const newPairing = (): Pairing => _newPairing(SYSTEM)

export function _newPairing(source: Source): Pairing {
  for (;;) {
    const seed = new SealingSeed(source(32))
    const code = codeOfKey(publicOfSealing(seed))
    if (code !== undefined) return { seed, code }
  }
}

/** The code of a new device's public key. Raises CannotOpen when it has none that people can type. */
export function pairingCode(key: SealingPublic): Code {
  const code = codeOfKey(key)
  if (code === undefined) throw cannotOpen('pairing/1')
  return code
}

function codeOfKey({ raw }: SealingPublic): Code | undefined {
  const digest = sha256(labelled(PAIRING, raw))
  return codeOfBits(numberOf(digest) >> 126n) // the first 130 bits of 256
}

/** Six digits, as "123 456": on both screens the same, when both devices speak with each other. */
export function digits(comparison: Uint8Array, code: Code, signer: SigningPublic): string {
  const mac = hmac256(comparison, labelled(COMPARISON, utf8(codeText(code)), signer.raw))
  const number = numberOf(mac.subarray(0, 8)) % DIGITS
  return number.toString().padStart(6, '0').replace(/^.../, '$& ')
}

/** What the old device says first. Raises CannotOpen when the key is not the code's: then nothing is sealed to it. */
export function makeHello(helping: Helping): { readonly sealed: Uint8Array; readonly comparison: Uint8Array } {
  const comparison = SYSTEM(32)
  return { sealed: sealStep(helping, 'hello', { comparison: b64u(comparison) }), comparison }
}

/**
 * Hand the box key over: only after the person said that the digits are the same.
 *
 * Raises CannotOpen when the key is not the code's.
 */
export const makeGrant = (helping: Helping, { boxKey, login, version }: Grant): Uint8Array =>
  sealStep(helping, 'grant', { boxKey: b64u(boxKey.raw), login, version })

/** Whoever signs this now signs the grant as well. Raises CannotOpen. */
export function openHello(sealed: Uint8Array, pairing: Pairing): Hello {
  return under('CannotOpen', 'pairing/2', () => {
    const { sender, said } = openStep(sealed, pairing, 'hello', ['comparison'])
    return { account: said.account, comparison: unb64u(text(said.comparison), 32), signer: sender }
  })
}

/** The box key, from the one who said hello. Raises CannotOpen. */
export function openGrant(sealed: Uint8Array, pairing: Pairing, hello: Hello): Grant {
  return under('CannotOpen', 'pairing/2', () => {
    const { sender, said } = openStep(sealed, pairing, 'grant', ['boxKey', 'login', 'version'])
    if (!equal(sender.raw, hello.signer.raw) || said.account !== hello.account) throw cannotOpen('pairing/3')
    const version = integer(said.version)
    if (version < 1) throw cannotOpen('pairing/2')
    return { boxKey: new BoxKey(unb64u(text(said.boxKey), 32)), login: text(said.login), version }
  })
}

/**
 * The box that the relay holds, when its keys are those of the device that granted it.
 *
 * Raises CannotOpen, and OlderBox below the version of the grant or `minimumVersion`.
 */
export function openGranted(box: Uint8Array, hello: Hello, { boxKey, version }: Grant, minimumVersion = 1): OpenedBox {
  const opened = openedBy(box, hello.account, boxKey, Math.max(version, minimumVersion))
  if (!equal(signingPublic(opened.content.keys.signing).raw, hello.signer.raw)) throw cannotOpen('pairing/4')
  return opened
}

function openedBy(box: Uint8Array, account: string, boxKey: BoxKey, minimumVersion: number): OpenedBox {
  try {
    return openBox(box, account, new BoxKey(boxKey.raw), minimumVersion)
  } catch (cause) {
    if (cause instanceof CryptoError && cause.kind === 'CannotOpen') throw new CryptoError('CannotOpen', 'pairing/4', { cause })
    throw cause
  }
}

function sealStep({ account, signer, key, code }: Helping, step: 'hello' | 'grant', said: JsonObject): Uint8Array {
  const pairing = codeText(code)
  if (codeText(pairingCode(key)) !== pairing) throw cannotOpen('pairing/1')
  return seal(canonical({ account, pairing, step, v: PAIRING_FORMAT, ...said }), signer, [key])
}

function openStep<Name extends string>(sealed: Uint8Array, pairing: Pairing, step: string, names: readonly Name[]) {
  const { plaintext, sender, recipients } = openSealed(sealed, [pairing.seed])
  const said = members(parseCanonical(plaintext), ['account', 'pairing', 'step', 'v', ...names] as const)
  const account = text(said.account)
  const fits = said.step === step && said.pairing === codeText(pairing.code) && integer(said.v) === PAIRING_FORMAT
  if (!fits || recipients !== 1 || !isAccount(account)) throw cannotOpen('pairing/2')
  return { sender, said: { ...said, account } }
}
