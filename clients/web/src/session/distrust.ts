/** Why keys are not believed (docs/spec/transparency.md, "What a client checks"): each check that fails has a name. */

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

const LOG_PROBLEMS: readonly KeyProblem[] = ['badCheckpoint', 'staleCheckpoint', 'logForked', 'policyChanged'] satisfies LogProblem[]

/** Whether it is of the log and not of one account: it may pass without anybody changing a key. */
export const isOfLog = (reason: KeyProblem): reason is LogProblem => LOG_PROBLEMS.includes(reason)
