/** A log-in is a signature over a single-use challenge (docs/spec/login.md). */
import { join, labelled } from './bytes.ts'
import type { Code } from './code.ts'
import { canonical, unb64u } from './encoding.ts'
import { CryptoError } from './errors.ts'
import { hkdf } from './hashing.ts'
import { sign, type SigningPublic, SigningSeed, verify } from './keys.ts'
import { LETTER_LOGIN, LOGIN, PASSKEY_LOGIN, PRF_OUTPUT, RECOVERY_LOGIN } from './labels.ts'
import type { Master } from './password.ts'

export type Method = 'password' | 'letter' | 'recovery' | 'passkey' | 'key'

/**
 * `challenge` is b64u of 32 bytes, `time` RFC 3339 in UTC, `origin` the one the client believes it talks to. Whose log-in it
 * is the relay knows by the challenge: no account is said before a log-in has succeeded.
 */
export type Login = {
  readonly challenge: string
  readonly method: Method
  readonly origin: string
  readonly time: string
}

const METHODS: readonly string[] = ['password', 'letter', 'recovery', 'passkey', 'key'] satisfies Method[]

/** The salt of the master key is the account's own. */
export const passwordLoginSeed = (master: Master): SigningSeed => new SigningSeed(hkdf(master.raw, LOGIN))

/** `second` is the other code of a letter with two. */
export const letterLoginSeed = (code: Code, second?: Code): SigningSeed =>
  new SigningSeed(hkdf(join(code.raw, ...(second === undefined ? [] : [second.raw])), LETTER_LOGIN))

export const recoveryLoginSeed = (code: Code): SigningSeed => new SigningSeed(hkdf(code.raw, RECOVERY_LOGIN))

/** `output` is what the authenticator's PRF gave, 32 bytes. Raises RangeError for another length. */
export function passkeyLoginSeed(output: Uint8Array): SigningSeed {
  if (output.length !== PRF_OUTPUT) throw new RangeError(`a PRF output has ${PRF_OUTPUT} bytes`)
  return new SigningSeed(hkdf(output, PASSKEY_LOGIN))
}

/** The bytes that are signed. Raises NotCanonical for another challenge, an unknown method or text that is none. */
export function loginMessage({ challenge, method, origin, time }: Login): Uint8Array {
  unb64u(challenge, 32)
  if (!METHODS.includes(method)) throw new CryptoError('NotCanonical', 'login/method')
  return labelled(LOGIN, canonical({ challenge, method, origin, time }))
}

/** 64 bytes. Raises as {@link loginMessage}. */
export const signLogin = (seed: SigningSeed, login: Login): Uint8Array => sign(loginMessage(login), seed)

/** Whether the challenge is fresh and unused is for the relay to check. */
export const verifyLogin = (key: SigningPublic, signature: Uint8Array, login: Login): boolean =>
  verify(signature, loginMessage(login), key)
