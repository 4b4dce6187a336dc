/** The open mailbox as the parts see it that change who may open it. A Session is one. */
import type { Chain, KnownKey } from './line.ts'
import type { States } from './states.ts'
import type { SeenLog, Unlocked } from '../crypto/operations.ts'

export interface Mailbox {
  /** Whose mailbox is open. */
  readonly account: string
  /** Who sits there. */
  readonly ownAccount: string
  readonly states: States
  /** All keys of an account that are believed, the oldest first. Raises KeysNotProved, Refusal. */
  readonly keysOf: (account: string) => Promise<Chain>
  /** The key to seal to now. Raises KeysNotProved, Refusal. */
  readonly currentKey: (account: string) => Promise<KnownKey>
  /** The key log as it is now, verified. Raises KeysNotProved, Refusal. */
  readonly seenLog: () => Promise<SeenLog>
  /** Begin anew with this box: of other keys, or of another account. Raises Refusal, KeysNotProved. */
  readonly begin: (unlocked: Unlocked) => Promise<void>
}
