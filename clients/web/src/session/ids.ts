/** Fresh letter ids (docs/spec/encodings.md). */
import { b64u } from '../crypto/encoding.ts'

export const freshId = (): string => b64u(crypto.getRandomValues(new Uint8Array(16)))

export const isId = (text: string): boolean => /^[A-Za-z0-9_-]{22}$/.test(text)
