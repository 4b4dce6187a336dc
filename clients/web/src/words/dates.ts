/** Dates, times, sizes and lists as people of the chosen language say them. */
import { language } from './words.ts'

const LOCALES = { fr: 'fr-FR', en: 'en-GB' } as const
const locale = (): string => LOCALES[language.value]

const format = (date: Date, options: Intl.DateTimeFormatOptions): string =>
  ordinal(new Intl.DateTimeFormat(locale(), options).format(date))

/** French says "1er décembre", which Intl does not. */
const ordinal = (text: string): string =>
  language.value === 'fr' ? text.replace(/(?<![\p{L}\d:])1 (?=\p{L})/gu, '1er ') : text

/** A day alone ("2024-03-12") is that day everywhere: it is read at noon, so that no zone moves it. */
export const toDate = (text: string): Date => new Date(text.length === 10 ? `${text}T12:00:00` : text)

const sameDay = (left: Date, right: Date): boolean => left.toDateString() === right.toDateString()

/** "mardi 12 mars 2024" */
export const longDay = (date: Date): string =>
  format(date, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })

/** "12 mars 2024" */
export const day = (date: Date): string => format(date, { day: 'numeric', month: 'long', year: 'numeric' })

/** "14:30" */
export const time = (date: Date): string => format(date, { hour: '2-digit', minute: '2-digit' })

/** "12 mars 2024 à 14:30" */
export const dayAndTime = (date: Date): string => format(date, { dateStyle: 'long', timeStyle: 'short' })

/** As short as a list needs it: the time today, else the day, with the year when it is another. */
export function brief(date: Date, now: Date): string {
  if (sameDay(date, now)) return time(date)
  const year = date.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const)
  return format(date, { day: 'numeric', month: 'short', ...year })
}

export const monthName = (date: Date): string => format(date, { month: 'long', year: 'numeric' })
export const shortMonth = (date: Date): string => format(date, { month: 'short' })

/** The seven days of a week from Monday, short and long. */
export const weekDays = (): readonly (readonly [short: string, long: string])[] =>
  Array.from({ length: 7 }, (_, index) => {
    const date = new Date(2024, 0, index + 1) // the 1st of January 2024 was a Monday
    return [format(date, { weekday: 'short' }), format(date, { weekday: 'long' })] as const
  })

/** "de 9:00 à 9:30" with its day, or two days; all-day appointments have no times. */
export function span(start: Date, end: Date | undefined, allDay: boolean): string {
  const options: Intl.DateTimeFormatOptions = allDay ? { dateStyle: 'full' } : { dateStyle: 'full', timeStyle: 'short' }
  const formatter = new Intl.DateTimeFormat(locale(), options)
  return ordinal(end === undefined || end <= start ? formatter.format(start) : formatter.formatRange(start, end))
}

/** "A, B et C" */
export const enumerate = (names: readonly string[]): string =>
  new Intl.ListFormat(locale(), { type: 'conjunction' }).format(names)

/** "1,2 Mo" */
export function fileSize(bytes: number): string {
  if (bytes < 1000) return new Intl.NumberFormat(locale(), { style: 'unit', unit: 'byte', unitDisplay: 'long' }).format(bytes)
  const [unit, size] = bytes < 1e6 ? (['kilobyte', bytes / 1e3] as const) : (['megabyte', bytes / 1e6] as const)
  const digits = { maximumFractionDigits: size < 10 ? 1 : 0 }
  return new Intl.NumberFormat(locale(), { style: 'unit', unit, unitDisplay: 'short', ...digits }).format(size)
}
