/**
 * The one error that leaves this folder. It never holds content, keys or addresses.
 *
 * Its message is the must-refuse item of docs/spec ("envelope/7"), for tests and local diagnosis. It is never sent to
 * whoever made the bytes: that would be an error oracle.
 */

export type CryptoErrorKind =
  | 'CannotOpen'
  | 'WeakKey'
  | 'WeakKdf'
  | 'OlderBox'
  | 'BadCode'
  | 'BadStatement'
  | 'BadCheckpoint'
  | 'BadProof'
  | 'BadPolicy'
  | 'BadCatalogue'
  | 'NotCanonical'

export class CryptoError extends Error {
  override readonly name = 'CryptoError'
  readonly kind: CryptoErrorKind

  constructor(kind: CryptoErrorKind, item: string, options?: ErrorOptions) {
    super(item, options)
    this.kind = kind
  }
}

/** Run `work`; what it throws leaves as this kind, but for an error that is of this kind already. */
export function under<T>(kind: CryptoErrorKind, item: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof CryptoError && cause.kind === kind) throw cause
    throw new CryptoError(kind, item, { cause })
  }
}

export const cannotOpen = (item: string): CryptoError => new CryptoError('CannotOpen', item)
