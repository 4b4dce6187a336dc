/** Why keys are not believed (docs/spec/transparency.md, "What a client checks"): each check that fails has a name. */
import { CryptoError } from '../crypto/errors.ts'

/** Of the log itself: they hold for the whole account. */
export type LogProblem = 'badCheckpoint' | 'staleCheckpoint' | 'logForked' | 'policyChanged'
/** Of one account's line of keys, or of the log. */
export type KeyProblem = LogProblem | 'notInLog' | 'brokenChain' | 'keyChanged' | 'ownKeyChanged' | 'notTheirs'
/** `unknown` until the relay was asked. */
export type Trust = 'unknown' | 'trusted' | KeyProblem

/** The relay's answer about an account's keys is not believed: nothing is sealed to them. */
export class KeysNotProved extends Error {
  override readonly name = 'KeysNotProved'
  readonly reason: KeyProblem

  constructor(reason: KeyProblem) {
    super(reason)
    this.reason = reason
  }
}

/** The name of the check of the log that failed. What is not a matter of bytes goes through as it is. */
export function problemOf(error: unknown): unknown {
  if (!(error instanceof CryptoError)) return error
  if (error.kind === 'BadProof') return new KeysNotProved('logForked')
  const isStale = error.kind === 'BadCheckpoint' && error.message === 'transparency/9'
  return new KeysNotProved(isStale ? 'staleCheckpoint' : 'badCheckpoint')
}

const LOG_PROBLEMS: readonly KeyProblem[] = ['badCheckpoint', 'staleCheckpoint', 'logForked', 'policyChanged'] satisfies LogProblem[]

/** Whether it is of the log and not of one account: it may pass without anybody changing a key. */
export const isOfLog = (reason: KeyProblem): reason is LogProblem => LOG_PROBLEMS.includes(reason)
