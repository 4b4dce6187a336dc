/** Base 64 with its ordinary alphabet and padding (RFC 4648, 4), as C2SP's formats write it. One spelling only. */
import { b64u, unb64u } from '../encoding.ts'
import { CryptoError } from '../errors.ts'

export const base64 = (bytes: Uint8Array): string => {
  const text = b64u(bytes).replaceAll('-', '+').replaceAll('_', '/')
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}

/** Raises NotCanonical: another alphabet, missing or other padding, stray bits, another length than asked for. */
export function unbase64(text: string, length?: number): Uint8Array {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new CryptoError('NotCanonical', 'encodings/b64u')
  return unb64u(text.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_'), length)
}
