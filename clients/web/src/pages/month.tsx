/** A month at a glance. The list above it says the same in words: this is for the eye. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { useLoaded } from './account/useloaded.ts'
import type { Invitation, Moment } from '../content/agenda.ts'
import { groups } from '../content/groups.ts'
import type { AgendaEntry } from '../session/entries.ts'
import { tongueOf } from '../session/tongue.ts'
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

/** The expansion of rules is fetched with the first month that is shown. */
type Expand = (invitation: Invitation, from: number, until: number, moved: readonly Moment[]) => readonly number[]
const expansion = async (): Promise<Expand> =>
  (await import('../content/occurrences.ts')).occurrences

type Standing = { readonly entry: AgendaEntry; readonly at: Date }

/** The occurrences of this series that were moved or cancelled by themselves. */
const movedOf = ({ invitation, from }: AgendaEntry, all: readonly AgendaEntry[]): readonly Moment[] =>
  all.flatMap(one =>
    one.invitation.uid === invitation.uid && one.from.letter.sender.account === from.letter.sender.account && one.invitation.instance !== undefined
      ? [one.invitation.instance]
      : [],
  )

export function Month({ all }: { readonly all: readonly AgendaEntry[] }): JSX.Element {
  const entries = all.filter(({ state }) => state !== 'declined' && state !== 'cancelled')
  const [today] = useState(() => new Date())
  const [shift, setShift] = useState(0)
  const month = new Date(today.getFullYear(), today.getMonth() + shift, 1)
  const expand = useLoaded(expansion).value
  const next = new Date(month.getFullYear(), month.getMonth() + 1, 1)
  const standing = entries.flatMap((entry): readonly Standing[] =>
    (expand?.(entry.invitation, month.getTime(), next.getTime(), movedOf(entry, all)) ?? []).map(at => ({ entry, at: new Date(at) })),
  )
  const days = groups(standing.toSorted((a, b) => a.at.getTime() - b.at.getTime()), ({ at }) => at.toDateString())
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
      <table class="month" aria-label={monthName(month)}>
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
                <Day key={place} day={day} today={today} standing={days.get(day?.toDateString() ?? '') ?? []} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

type DayProps = { readonly day: Date | undefined; readonly today: Date; readonly standing: readonly Standing[] }

function Day({ day, today, standing }: DayProps): JSX.Element {
  if (day === undefined) return <td />
  const isToday = day.toDateString() === today.toDateString()
  return (
    <td class={isToday ? 'today' : undefined}>
      <b aria-hidden="true">{day.getDate()}</b>
      <span class="unseen">{longDay(day)}</span>
      {standing.map(({ entry, at }) => (
        <a key={anchorOf(entry)} href={`#${anchorOf(entry)}`} title={entry.invitation.summary} lang={tongueOf(entry.from)}>
          {'date' in entry.invitation.start ? '' : `${time(at)} `}
          {entry.invitation.summary}
        </a>
      ))}
    </td>
  )
}
