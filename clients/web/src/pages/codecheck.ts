/** Whether a typed code can be one at all: its check symbol tells, before anything is sent. Pure. */
import { parseCode } from '../crypto/code.ts'
import { CryptoError } from '../crypto/errors.ts'
import type { Said } from './distrust.ts'

export function isCode(typed: string): boolean {
  try {
    parseCode(typed)
    return true
  } catch (error) {
    if (error instanceof CryptoError) return false
    throw error
  }
}

const RELAY: Said = ['fail.relay', 'fail.relayText']

/** A code that the relay took and that opens nothing: the fault is not the person's. */
export const notOpened = (cause: unknown): Said | undefined =>
  cause instanceof CryptoError && cause.kind === 'CannotOpen' ? RELAY : undefined
