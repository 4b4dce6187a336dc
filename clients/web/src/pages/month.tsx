/** A month at a glance. The list above it says the same in words: this is for the eye. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { instant } from '../content/agenda.ts'
import { groups } from '../content/groups.ts'
import type { AgendaEntry } from '../session/entries.ts'
import { Button } from '../ui/button.tsx'
import { longDay, monthName, time, weekDays } from '../words/dates.ts'
import { t } from '../words/words.ts'
import { anchorOf } from './parts/invitation.tsx'

/** The weeks of a month, Monday first; days of other months are empty. */
export function weeks(year: number, month: number): readonly (readonly (Date | undefined)[])[] {
  const first = new Date(year, month, 1)
  const lead = (first.getDay() + 6) % 7
  const count = new Date(year, month + 1, 0).getDate()
  const cells = Array.from({ length: Math.ceil((lead + count) / 7) * 7 }, (_, at) => {
    const number = at - lead + 1
    return number >= 1 && number <= count ? new Date(year, month, number) : undefined
  })
  return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7))
}

export function Month({ entries }: { readonly entries: readonly AgendaEntry[] }): JSX.Element {
  const [today] = useState(() => new Date())
  const [shift, setShift] = useState(0)
  const month = new Date(today.getFullYear(), today.getMonth() + shift, 1)
  const days = groups(entries, ({ invitation }) => new Date(instant(invitation.start)).toDateString())
  return (
    <section class="no-print" aria-label={t('agenda.month')}>
      <h2 class="month-name" aria-live="polite">{monthName(month)}</h2>
      <div class="buttons">
        <Button icon="back" onPress={() => setShift(shift - 1)}>
          {t('agenda.before')}
        </Button>
        <Button icon="forward" onPress={() => setShift(shift + 1)}>
          {t('agenda.after')}
        </Button>
      </div>
      <table class="month">
        <thead>
          <tr>
            {weekDays().map(([short, long]) => (
              <th key={long} scope="col">
                <span aria-hidden="true">{short}</span>
                <span class="unseen">{long}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks(month.getFullYear(), month.getMonth()).map((week, at) => (
            <tr key={at}>
              {week.map((day, place) => (
                <Day key={place} day={day} today={today} entries={days.get(day?.toDateString() ?? '') ?? []} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

type DayProps = { readonly day: Date | undefined; readonly today: Date; readonly entries: readonly AgendaEntry[] }

function Day({ day, today, entries }: DayProps): JSX.Element {
  if (day === undefined) return <td />
  const isToday = day.toDateString() === today.toDateString()
  return (
    <td class={isToday ? 'today' : undefined}>
      <b aria-label={longDay(day)}>{day.getDate()}</b>
      {entries.map(entry => (
        <a key={anchorOf(entry)} href={`#${anchorOf(entry)}`} title={entry.invitation.summary}>
          {'date' in entry.invitation.start ? '' : `${time(new Date(instant(entry.invitation.start)))} `}
          {entry.invitation.summary}
        </a>
      ))}
    </td>
  )
}
