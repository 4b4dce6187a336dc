/** One appointment as an iCalendar file that any agenda can import (RFC 5545). Writes only; reads nothing. */
import { instant, type Invitation, type Moment } from './agenda.ts'

const LINE = 75 // octets of a content line, without its end (RFC 5545, 3.1)
const encoder = new TextEncoder()

const escape = (text: string): string => text.replace(/[\\;,]/g, '\\$&').replace(/\r\n|\r|\n/g, '\\n')

/** Cut a line into pieces of at most 75 octets, never inside a character. */
function foldLine(line: string): string {
  let folded = ''
  let width = 0
  for (const character of line) {
    const size = encoder.encode(character).length
    if (width + size > LINE) {
      folded += '\r\n '
      width = 1
    }
    folded += character
    width += size
  }
  return folded
}

const utc = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`

/** A repeated appointment keeps its zone, so that it stays at the same hour after a clock change; any other is in UTC. */
function time(name: string, moment: Moment, repeated: boolean): string {
  if ('date' in moment) return `${name};VALUE=DATE:${moment.date.replaceAll('-', '')}`
  if (repeated && moment.zone !== 'UTC') return `${name};TZID=${moment.zone}:${moment.at.replace(/[-:]/g, '')}`
  return `${name}:${utc(instant(moment))}`
}

export function toIcs(invitation: Invitation): string {
  const { uid, stamp, start, end, summary, location, description, recurrence, sequence, excluded, instance } = invitation
  const repeated = recurrence !== null || instance !== undefined
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Pli//Pli web//FR',
    'BEGIN:VEVENT',
    `UID:${escape(uid)}`,
    `DTSTAMP:${stamp.replace(/\.\d+/, '').replace(/[-:]/g, '')}`,
    `SEQUENCE:${sequence}`,
    time('DTSTART', start, repeated),
    ...(end === null ? [] : [time('DTEND', end, repeated)]),
    ...(recurrence === null ? [] : [`RRULE:${recurrence.replace(/[\r\n]/g, '')}`]),
    ...(excluded ?? []).map(moment => time('EXDATE', moment, repeated)),
    ...(instance === undefined ? [] : [time('RECURRENCE-ID', instance, repeated)]),
    `SUMMARY:${escape(summary)}`,
    `LOCATION:${escape(location)}`,
    `DESCRIPTION:${escape(description)}`,
    'END:VEVENT',
    'END:VCALENDAR',
  ]
  return lines.map(line => `${foldLine(line)}\r\n`).join('')
}
