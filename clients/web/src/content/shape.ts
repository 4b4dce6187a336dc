/** Reads JSON of strangers: a value of exactly the expected shape, or NotThisShape. Unknown members are refused. */

export class NotThisShape extends Error {
  override readonly name = 'NotThisShape'
}

export type Shape<T> = (value: unknown) => T
type Members<T> = { readonly [K in keyof T]: Shape<T[K]> }

export const refuse = (why: string): never => {
  throw new NotThisShape(why)
}

/** `limit` counts characters, which are Unicode code points: as Python counts them. */
export const text =
  (limit: number): Shape<string> =>
  value =>
    typeof value === 'string' && hasAtMost(value, limit) ? value : refuse('not a text')

const hasAtMost = (value: string, limit: number): boolean =>
  value.length <= limit || (value.length <= 2 * limit && Array.from(value).length <= limit)

/** `limit` counts bytes of UTF-8. */
export const octets =
  (limit: number): Shape<string> =>
  value =>
    typeof value === 'string' && value.length <= limit && utf8Length(value) <= limit ? value : refuse('not a text')

const utf8Length = (value: string): number => new TextEncoder().encode(value).length

/** What has this shape, and `holds`. */
export const such =
  <T>(shape: Shape<T>, holds: (value: T) => boolean): Shape<T> =>
  value => {
    const found = shape(value)
    return holds(found) ? found : refuse('outside the limits')
  }

export const matching =
  (pattern: RegExp): Shape<string> =>
  value =>
    typeof value === 'string' && pattern.test(value) ? value : refuse('not of this form')

export const integer =
  (least: number): Shape<number> =>
  value =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least ? value : refuse('not a number')

export const oneOf =
  <const T extends string | number>(...choices: readonly T[]): Shape<T> =>
  value =>
    choices.find(choice => choice === value) ?? refuse('not a choice')

export const nullable =
  <T>(shape: Shape<T>): Shape<T | null> =>
  value =>
    value === null ? null : shape(value)

export const either =
  <A, B>(first: Shape<A>, second: Shape<B>): Shape<A | B> =>
  value => {
    try {
      return first(value)
    } catch {
      return second(value)
    }
  }

export const list =
  <T>(shape: Shape<T>, limit: number): Shape<readonly T[]> =>
  value =>
    Array.isArray(value) && value.length <= limit ? value.map(item => shape(item)) : refuse('not a list')

/** Exactly these members: a missing one and an unknown one are both refused. */
export const object =
  <T extends object>(members: Members<T>): Shape<T> =>
  value => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('not an object')
    const names = Object.keys(members) as (keyof T & string)[]
    const given = value as Readonly<Record<string, unknown>>
    if (Object.keys(given).length !== names.length) return refuse('other members')
    return Object.fromEntries(
      names.map(name => [name, Object.hasOwn(given, name) ? members[name](given[name]) : refuse('a member is missing')]),
    ) as T
  }

export const anything: Shape<unknown> = value => value

// The words of docs/spec/encodings.md, as texts.
// The last sign of each holds bits that must be zero.
export const ID = /^[A-Za-z0-9_-]{21}[AQgw]$/
export const HASH = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/
export const SIGNATURE = /^[A-Za-z0-9_-]{85}[AQgw]$/
export const ACCOUNT = /^a[a-z2-7]{25}[aeimquy4]$/
export const KEY_ID = /^k[a-z2-7]{26}$/
export const BLOB_ID = /^b[0-9a-f]{64}$/

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/
const DAY = /^\d{4}-\d\d-\d\d$/
const AT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/

/** Whether the calendar has this day and the clock this time: "2024-02-30" is written well, and is none. */
function isReal(seconds: string): boolean {
  const date = new Date(`${seconds}Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 19) === seconds && !seconds.startsWith('0000')
}

/** A moment in UTC (docs/spec/encodings.md, Time). */
export const date: Shape<string> = such(matching(DATE), value => isReal(value.slice(0, 19)))
/** YYYY-MM-DD. */
export const day: Shape<string> = such(matching(DAY), value => isReal(`${value}T00:00:00`))
/** YYYY-MM-DDThh:mm:ss, of a zone that is said elsewhere. */
export const localTime: Shape<string> = such(matching(AT), isReal)
