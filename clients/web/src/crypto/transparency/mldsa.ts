/** The one door to ML-DSA-44 (FIPS 204). It is pure JavaScript and large: the sealing worker alone loads it. */
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js'

const SIGNATURE_SIZE = 2420

export function verifyMlDsa44(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_SIZE) return false
  try {
    return ml_dsa44.verify(signature, message, key)
  } catch {
    return false // bytes that are no signature at all
  }
}
