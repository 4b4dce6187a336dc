/** The key log as somebody sees it who has no key box yet: what is verified here goes into the very first one (docs/spec/transparency.md). */
import type { SeenLog } from '../crypto/operations.ts'
import { LOG_CHECKPOINT, LOG_POLICY } from '../wire/names.ts'
import type { Desk } from './desk.ts'
import { KeysNotProved, problemOf } from './distrust.ts'
import type { Transport } from './transport.ts'

/** Raises KeysNotProved (`badCheckpoint`, `staleCheckpoint`; `notInLog` for an empty log), Refusal. */
export async function firstLook(desk: Desk, transport: Transport): Promise<SeenLog> {
  const [policy, checkpoint] = await Promise.all([transport.show(LOG_POLICY), transport.show(LOG_CHECKPOINT)])
  const { root, size, hash } = await verified(desk, policy, checkpoint)
  if (size === 0) throw new KeysNotProved('notInLog')
  return { policy: hash, root, size }
}

async function verified(desk: Desk, policy: Uint8Array, note: Uint8Array): Promise<{ root: string; size: number; hash: string }> {
  try {
    const { hash } = await desk.call('readPolicy', policy)
    const checkpoint = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(note)
    const { root, size } = await desk.call('verifyLog', { policy, checkpoint, known: null, consistency: null })
    return { root, size, hash }
  } catch (error) {
    // A note that is no text is none.
    throw error instanceof TypeError ? new KeysNotProved('badCheckpoint') : problemOf(error)
  }
}

