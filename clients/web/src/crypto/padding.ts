/** Lengths that tell little (docs/spec/envelope.md, Padding). */
import { cannotOpen } from './errors.ts'

const KIB = 1024
const LARGEST_BUCKET = 16 * KIB
const MARK = 0x80

/** The Padmé length of `length` (Nikitin et al., PETS 2019): at most 12 % more. Lengths below 2 stay. */
export function padme(length: number): number {
  if (length < 2) return length
  const exponent = Math.floor(Math.log2(length))
  const spare = exponent - (Math.floor(Math.log2(exponent)) + 1)
  const step = 2 ** spare // not with bit operators: they end at 2^31
  return Math.ceil(length / step) * step
}

/** Bytes that a text of `length` bytes has with mark and filler. */
export function paddedLength(length: number): number {
  const least = length + 1
  for (let bucket = KIB; bucket <= LARGEST_BUCKET; bucket *= 2) if (least <= bucket) return bucket
  return padme(least)
}

export function pad(text: Uint8Array): Uint8Array {
  const padded = new Uint8Array(paddedLength(text.length))
  padded.set(text)
  padded[text.length] = MARK
  return padded
}

/** Undo {@link pad}. Raises CannotOpen without the mark, with other filler than zeros, or at another length. */
export function unpad(padded: Uint8Array): Uint8Array {
  const end = padded.findLastIndex(byte => byte !== 0)
  if (end < 0 || padded[end] !== MARK || padded.length !== paddedLength(end)) {
    throw cannotOpen('envelope/18')
  }
  return padded.subarray(0, end)
}
