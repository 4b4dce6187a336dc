/**
 * MessagePack, only the five types that an envelope holds. The writer uses the shortest form; the reader takes any
 * width of the right type, because a header is hashed as received, and makes no value before its length is known to be there.
 */
import { join, utf8 } from './bytes.ts'
import { cannotOpen } from './errors.ts'

const ITEM = 'envelope/17'
const BIN_WIDTHS = new Map([
  [0xc4, 1],
  [0xc5, 2],
  [0xc6, 4],
])
const TEXT_WIDTHS = new Map([
  [0xd9, 1],
  [0xda, 2],
  [0xdb, 4],
])
const ARRAY_WIDTHS = new Map([
  [0xdc, 2],
  [0xdd, 4],
])
const UNSIGNED_WIDTHS = new Map([
  [0xcc, 1],
  [0xcd, 2],
  [0xce, 4],
  [0xcf, 8],
])

export type Packable = boolean | number | string | Uint8Array | readonly Packable[]

/** Numbers from 0 to 127, texts under 32 bytes, arrays under 65,536: all that an envelope needs (RangeError). */
export function pack(value: Packable): Uint8Array {
  if (value instanceof Uint8Array) return join(binHead(value.length), value)
  if (typeof value === 'boolean') return Uint8Array.of(value ? 0xc3 : 0xc2)
  if (typeof value === 'number') return Uint8Array.of(within(value, 0x80))
  if (typeof value === 'string') return join(Uint8Array.of(0xa0 | within(utf8(value).length, 32)), utf8(value))
  return join(arrayHead(value.length), ...value.map(pack))
}

function within(number: number, end: number): number {
  if (!Number.isInteger(number) || number < 0 || number >= end) throw new RangeError('not made for this value')
  return number
}

const arrayHead = (length: number): Uint8Array =>
  length < 16 ? Uint8Array.of(0x90 | length) : Uint8Array.of(0xdc, length >> 8, within(length, 0x10000) & 255)

function binHead(length: number): Uint8Array {
  if (length < 0x100) return Uint8Array.of(0xc4, length)
  if (length < 0x10000) return Uint8Array.of(0xc5, length >> 8, length & 255)
  return Uint8Array.of(0xc6, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255)
}

/** A cursor over received bytes. Everything raises CannotOpen. */
export class Reader {
  readonly #data: Uint8Array
  #at = 0

  constructor(data: Uint8Array) {
    this.#data = data
  }

  get atEnd(): boolean {
    return this.#at === this.#data.length
  }

  /** How many elements follow. */
  array(): number {
    const first = this.#byte()
    return (first & 0xf0) === 0x90 ? first & 0x0f : this.#sized(first, ARRAY_WIDTHS)
  }

  /** The bytes of a `bin`: a view, not a copy. */
  binary(): Uint8Array {
    return this.#take(this.#sized(this.#byte(), BIN_WIDTHS))
  }

  /** The bytes of a `str`, whatever they spell. */
  text(): Uint8Array {
    const first = this.#byte()
    return this.#take((first & 0xe0) === 0xa0 ? first & 0x1f : this.#sized(first, TEXT_WIDTHS))
  }

  /** An integer from 0. Over 2^53 it is not exact: compare it only with small ones. */
  unsigned(): number {
    const first = this.#byte()
    return first < 0x80 ? first : this.#sized(first, UNSIGNED_WIDTHS)
  }

  boolean(): boolean {
    const first = this.#byte()
    if (first !== 0xc2 && first !== 0xc3) throw cannotOpen(ITEM)
    return first === 0xc3
  }

  #sized(first: number, widths: ReadonlyMap<number, number>): number {
    const width = widths.get(first)
    if (width === undefined) throw cannotOpen(ITEM)
    return this.#take(width).reduce((number, byte) => number * 256 + byte, 0)
  }

  #byte(): number {
    return this.#take(1)[0] ?? 0
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length
    if (end > this.#data.length) throw cannotOpen(ITEM)
    const taken = this.#data.subarray(this.#at, end)
    this.#at = end
    return taken
  }
}
