/** Parsed JSON held to a shape: each function gives its argument back, or raises NotCanonical. */
import type { Json, JsonObject } from './encoding.ts'
import { CryptoError } from './errors.ts'

const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,6})?Z$/
const ACCOUNT = /^a[a-z2-7]{25}[aeimquy4]$/ // the last letter holds three bits and two zeros

const KEY_ID = /^k[a-z2-7]{25}[aeimquy4]$/

const refuse = (item: 'members' | 'type' | 'time'): CryptoError => new CryptoError('NotCanonical', `encodings/${item}`)

export const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An object of exactly these members. */
export function members<Name extends string>(value: Json, names: readonly Name[]): Readonly<Record<Name, Json>> {
  const fits =
    isObject(value) && Object.keys(value).length === names.length && names.every(name => Object.hasOwn(value, name))
  if (!fits) throw refuse('members')
  return value as Readonly<Record<Name, Json>>
}

export function text(value: Json): string {
  if (typeof value !== 'string') throw refuse('type')
  return value
}

export function integer(value: Json): number {
  if (!Number.isSafeInteger(value)) throw refuse('type')
  return value as number
}

export function array(value: Json): readonly Json[] {
  if (!Array.isArray(value)) throw refuse('type')
  return value as readonly Json[]
}

/** RFC 3339, UTC as Z, up to six digits after the second; a day that the calendar has. */
export function moment(value: Json): string {
  const spelled = text(value)
  const found = TIME.exec(spelled)
  if (found === null) throw refuse('time')
  // Date rolls the 30th of February over to March: what comes back would differ.
  const seconds = new Date(`${spelled.slice(0, 19)}Z`)
  if (Number.isNaN(seconds.getTime()) || utc(seconds) !== `${spelled.slice(0, 19)}Z` || found[1] === '0000')
    throw refuse('time')
  return spelled
}

/** RFC 3339 in UTC, to the second: 2026-11-23T15:06:55Z. */
export const utc = (moment: Date): string => `${moment.toISOString().slice(0, 19)}Z`

/** Whether `text` is spelled like an account. */
export const isAccount = (text: string): boolean => ACCOUNT.test(text)

/** Whether `text` is spelled like a key id. */
export const isKeyId = (text: string): boolean => KEY_ID.test(text)
