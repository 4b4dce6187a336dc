/** What is today and tomorrow, in one line each: nobody should have to open the agenda to remember. */
import type { JSX } from 'preact'
import { instant } from '../content/agenda.ts'
import type { AgendaEntry } from '../session/entries.ts'
import { Icon } from '../ui/icons.tsx'
import { time } from '../words/dates.ts'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { anchorOf } from './parts/invitation.tsx'
import * as places from './places.ts'

const DAY = 86_400_000

export function Soon(): JSX.Element | null {
  const { session } = useApp()
  const lines = session.agenda.value.filter(({ state }) => state === 'accepted' || state === 'tentative').flatMap(lineOf)
  if (lines.length === 0) return null
  return (
    <section class="soon" aria-label={t('soon.title')}>
      <ul>
        {lines.map(([anchor, words]) => (
          <li key={anchor}>
            <a href={`${places.AGENDA}#${anchor}`}>
              <Icon name="agenda" />
              <span>{words}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}

function lineOf(entry: AgendaEntry): readonly (readonly [anchor: string, words: string])[] {
  const { start, summary } = entry.invitation
  const at = instant(start)
  const now = new Date()
  const isOn = (day: Date): boolean => new Date(at).toDateString() === day.toDateString()
  const name = summary || t('invitation.noTitle')
  const allDay = 'date' in start
  if (isOn(now) && (allDay || at > now.getTime())) {
    return [[anchorOf(entry), allDay ? t('soon.todayAllDay', name) : t('soon.today', time(new Date(at)), name)]]
  }
  if (!isOn(new Date(now.getTime() + DAY))) return []
  return [[anchorOf(entry), allDay ? t('soon.tomorrowAllDay', name) : t('soon.tomorrow', time(new Date(at)), name)]]
}
