/**
 * A VTIMEZONE for the years around a date (RFC 5545, 3.6.5), made of the browser's IANA data; the Python side is
 * clients/content/vtimezone.py. Every change of the clock in those years is written out: no rule is guessed.
 */
import { zoneOffset } from './agenda.ts'

const YEARS_BEFORE = 1
const YEARS_AFTER = 5
const DAY = 86_400_000

/** Its lines, without line ends; none for a zone that this browser does not know. */
export function vtimezone(zone: string, year: number): readonly string[] {
  if (!isKnown(zone)) return []
  const [first, last] = [Date.UTC(year - YEARS_BEFORE, 0, 1), Date.UTC(year + YEARS_AFTER, 0, 1)]
  const start = zoneOffset(first, zone)
  const lines = ['BEGIN:VTIMEZONE', `TZID:${zone}`, ...observance(first, start, start, usual(zone, year))]
  for (let at = first; at < last; at += DAY) {
    const before = zoneOffset(at, zone)
    if (before === zoneOffset(at + DAY, zone)) continue
    const change = moment(at, at + DAY, zone)
    lines.push(...observance(change, before, zoneOffset(change, zone), usual(zone, year)))
  }
  return [...lines, 'END:VTIMEZONE']
}

/** The instant, to the second, at which the clock changes between two instants. */
function moment(low: number, high: number, zone: string): number {
  const before = zoneOffset(low, zone)
  while (high - low > 1000) {
    const middle = low + Math.floor((high - low) / 2000) * 1000
    if (zoneOffset(middle, zone) === before) low = middle
    else high = middle
  }
  return high
}

/** The smaller offset of the year: what is ahead of it is daylight saving. */
const usual = (zone: string, year: number): number =>
  Math.min(zoneOffset(Date.UTC(year, 0, 1), zone), zoneOffset(Date.UTC(year, 6, 1), zone))

function observance(at: number, before: number, after: number, standard: number): readonly string[] {
  const name = after > standard ? 'DAYLIGHT' : 'STANDARD'
  const local = new Date(at + before).toISOString().slice(0, 19).replace(/[-:]/g, '')
  return [`BEGIN:${name}`, `DTSTART:${local}`, `TZOFFSETFROM:${offset(before)}`, `TZOFFSETTO:${offset(after)}`, `END:${name}`]
}

/** "+0200" (RFC 5545, 3.3.14). */
function offset(milliseconds: number): string {
  const minutes = Math.round(Math.abs(milliseconds) / 60_000)
  const text = String(Math.floor(minutes / 60) * 100 + (minutes % 60)).padStart(4, '0')
  return `${milliseconds < 0 ? '-' : '+'}${text}`
}

function isKnown(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone })
    return true
  } catch {
    return false
  }
}
