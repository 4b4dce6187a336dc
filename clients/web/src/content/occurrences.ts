/** When an appointment takes place within some days: once, or as its rule says (RFC 5545, 3.3.10). Fetched when a month is shown. */
import ICAL from 'ical.js'
import { instant, type Invitation, type Moment } from './agenda.ts'

const STEPS = 5000 // of one rule: a hostile one costs this much and no more
const SHOWN = 62 // occurrences of one appointment in one look

/**
 * Milliseconds since 1970, from `from` until before `until`, the earliest first; at most {@link SHOWN}.
 *
 * `moved`: occurrences that stand elsewhere, as appointments of their own. A rule that is none, or that repeats more often than daily, counts as no rule: the first time alone.
 */
export function occurrences(
  { start, recurrence, excluded }: Invitation,
  from: number,
  until: number,
  moved: readonly Moment[] = [],
): readonly number[] {
  const left = new Set([...(excluded ?? []), ...moved].map(instant))
  const within = (at: number): boolean => at >= from && at < until
  if (recurrence === null) return [instant(start)].filter(within)
  const found: number[] = []
  try {
    const rule = ICAL.Recur.fromString(recurrence)
    if (['SECONDLY', 'MINUTELY', 'HOURLY'].includes(rule.freq)) return [instant(start)].filter(within)
    const iterator = rule.iterator(timeOf(start))
    for (let step = 0; step < STEPS && found.length < SHOWN; step++) {
      const next = iterator.next() as ICAL.Time | null
      if (next === null) break
      const at = instant(momentOf(next, start))
      if (at >= until) break
      if (within(at) && !left.has(at)) found.push(at)
    }
    return found
  } catch {
    return [instant(start)].filter(within)
  }
}

/** Without its zone: a rule counts on the clock of the appointment. */
const timeOf = (start: Moment): ICAL.Time =>
  'date' in start ? ICAL.Time.fromDateString(start.date) : ICAL.Time.fromDateTimeString(start.at)

/** The clock of the appointment's own zone: at the same hour on both sides of a change. */
function momentOf(time: ICAL.Time, like: Moment): Moment {
  const text = time.toString()
  return 'date' in like ? { date: text.slice(0, 10) } : { at: text.slice(0, 19), zone: like.zone }
}
