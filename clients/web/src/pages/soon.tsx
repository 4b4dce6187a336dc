/** What is today and tomorrow, in one line each: nobody should have to open the agenda to remember. */
import type { JSX } from 'preact'
import { instant } from '../content/agenda.ts'
import type { AgendaEntry } from '../session/entries.ts'
import { tongueOf } from '../session/tongue.ts'
import { Icon } from '../ui/icons.tsx'
import { Holding, type Tongue } from '../ui/theirs.tsx'
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
        {lines.map(({ anchor, sentence, name, tongue }) => (
          <li key={anchor}>
            <a href={`${places.AGENDA}#${anchor}`}>
              <Icon name="agenda" />
              <span>
                <Holding sentence={sentence} words={name} tongue={tongue} />
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}

type Line = { readonly anchor: string; readonly sentence: string; readonly name: string; readonly tongue: Tongue }

function lineOf(entry: AgendaEntry): readonly Line[] {
  const { start, summary } = entry.invitation
  const at = instant(start)
  const now = new Date()
  const isOn = (day: Date): boolean => new Date(at).toDateString() === day.toDateString()
  const name = summary || t('invitation.noTitle')
  const tongue = summary === '' ? undefined : tongueOf(entry.from)
  const line = (sentence: string): readonly Line[] => [{ anchor: anchorOf(entry), sentence, name, tongue }]
  const allDay = 'date' in start
  if (isOn(now) && (allDay || at > now.getTime())) {
    return line(allDay ? t('soon.todayAllDay', name) : t('soon.today', time(new Date(at)), name))
  }
  if (!isOn(new Date(now.getTime() + DAY))) return []
  return line(allDay ? t('soon.tomorrowAllDay', name) : t('soon.tomorrow', time(new Date(at)), name))
}
