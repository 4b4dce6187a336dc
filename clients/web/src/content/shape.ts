/** Reads JSON of strangers: a value of exactly the expected shape, or NotThisShape. Unknown members are refused. */

export class NotThisShape extends Error {
  override readonly name = 'NotThisShape'
}

export type Shape<T> = (value: unknown) => T
type Members<T> = { readonly [K in keyof T]: Shape<T[K]> }

const refuse = (why: string): never => {
  throw new NotThisShape(why)
}

export const text =
  (limit: number): Shape<string> =>
  value =>
    typeof value === 'string' && value.length <= limit ? value : refuse('not a text')

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
export const ID = /^[A-Za-z0-9_-]{22}$/
export const HASH = /^[A-Za-z0-9_-]{43}$/
export const ACCOUNT = /^a[a-z2-7]{26}$/
export const KEY_ID = /^k[a-z2-7]{26}$/
export const BLOB_ID = /^b[0-9a-f]{64}$/
export const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/
export const DAY = /^\d{4}-\d\d-\d\d$/
