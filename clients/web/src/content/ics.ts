/** Appointments as an iCalendar file that any agenda can import (RFC 5545). Writes only; reads nothing. */
import { instant, type Appointment, type Moment } from './agenda.ts'
import { vtimezone } from './vtimezone.ts'

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

const isZoned = (moment: Moment): moment is { at: string; zone: string } => !('date' in moment) && moment.zone !== 'UTC'

/** A repeated appointment keeps its zone, so that it stays at the same hour after a clock change; any other is in UTC. */
function time(name: string, moment: Moment, repeated: boolean): string {
  if ('date' in moment) return `${name};VALUE=DATE:${moment.date.replaceAll('-', '')}`
  if (repeated && moment.zone !== 'UTC') return `${name};TZID=${moment.zone}:${moment.at.replace(/[-:]/g, '')}`
  return `${name}:${utc(instant(moment))}`
}

/** Of an exported appointment: what a calendar needs to take it up again without doubling it is its UID and SEQUENCE. */
type Exported = Pick<Appointment, 'invitation' | 'state'>

const STATUS = { cancelled: 'CANCELLED', accepted: 'CONFIRMED', declined: 'CANCELLED', pending: 'TENTATIVE', tentative: 'TENTATIVE' } as const

function event({ invitation, state }: Exported, reminder: number | undefined): readonly string[] {
  const { uid, stamp, start, end, summary, location, description, recurrence, sequence, excluded, instance } = invitation
  const repeated = recurrence !== null || instance !== undefined
  const coming = reminder !== undefined && state !== 'cancelled' && state !== 'declined'
  return [
    'BEGIN:VEVENT',
    `UID:${escape(uid)}`,
    `DTSTAMP:${stamp.replace(/\.\d+/, '').replace(/[-:]/g, '')}`,
    `SEQUENCE:${sequence}`,
    `STATUS:${STATUS[state]}`,
    time('DTSTART', start, repeated),
    ...(end === null ? [] : [time('DTEND', end, repeated)]),
    ...(recurrence === null ? [] : [`RRULE:${recurrence.replace(/[\r\n]/g, '')}`]),
    ...(excluded ?? []).map(moment => time('EXDATE', moment, repeated)),
    ...(instance === undefined ? [] : [time('RECURRENCE-ID', instance, repeated)]),
    `SUMMARY:${escape(summary)}`,
    `LOCATION:${escape(location)}`,
    `DESCRIPTION:${escape(description)}`,
    ...(coming ? ['BEGIN:VALARM', 'ACTION:DISPLAY', `DESCRIPTION:${escape(summary)}`, `TRIGGER:-PT${reminder}M`, 'END:VALARM'] : []),
    'END:VEVENT',
  ]
}

/** The zones that repeated appointments keep, each once, for the years around the first of them. */
function zones(appointments: readonly Exported[]): readonly string[] {
  const first = new Map<string, number>()
  for (const { invitation } of appointments) {
    if (invitation.recurrence === null && invitation.instance === undefined) continue
    for (const moment of [invitation.start, invitation.end]) {
      if (moment === null || !isZoned(moment)) continue
      const year = Number(moment.at.slice(0, 4))
      first.set(moment.zone, Math.min(first.get(moment.zone) ?? year, year))
    }
  }
  return [...first].flatMap(([zone, year]) => vtimezone(zone, year))
}

/** One file of all of them. `reminder`: minutes before each, where there shall be one. */
export function toIcs(appointments: readonly Exported[], reminder?: number): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Pli//Pli web//FR',
    'METHOD:PUBLISH',
    ...zones(appointments),
    ...appointments.flatMap(one => event(one, reminder)),
    'END:VCALENDAR',
  ]
  return lines.map(line => `${foldLine(line)}\r\n`).join('')
}
