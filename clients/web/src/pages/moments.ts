/** Moments as a person types them, on the clock of where they are. Pure, but for the browser's time zone. */
import type { Moment } from '../content/agenda.ts'

const two = (number: number): string => String(number).padStart(2, '0')

/** YYYY-MM-DD where the person is. */
export const dayOf = (date: Date): string => `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`

/** hh:mm where the person is. */
export const timeOf = (date: Date): string => `${two(date.getHours())}:${two(date.getMinutes())}`

/** That hour of that day where the person is; without an hour the whole day. */
export const hereAt = (day: string, time: string | undefined): Moment =>
  time === undefined ? { date: day } : { at: `${day}T${time}:00`, zone: new Intl.DateTimeFormat().resolvedOptions().timeZone }

/** The day after: what ends an appointment of a whole day (RFC 5545, 3.6.1). */
export function dayAfter(day: string): string {
  const date = new Date(`${day}T12:00:00`)
  date.setDate(date.getDate() + 1)
  return dayOf(date)
}
