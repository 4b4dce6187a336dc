/** The agenda: what waits for an answer first, then what comes, month by month, then what was. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { instant } from '../content/agenda.ts'
import { toIcs } from '../content/ics.ts'
import type { AgendaEntry } from '../session/entries.ts'
import { Button, ButtonLink } from '../ui/button.tsx'
import { Choices } from '../ui/field.tsx'
import { Heading } from '../ui/heading.tsx'
import { Icon } from '../ui/icons.tsx'
import { Waiting } from '../ui/notice.tsx'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { Month } from './month.tsx'
import { anchorOf, AppointmentCard } from './parts/invitation.tsx'
import * as places from './places.ts'

const DAY = 86_400_000

const startOf = ({ invitation }: AgendaEntry): number => instant(invitation.start)
const endOf = (entry: AgendaEntry): number => {
  const { end, start } = entry.invitation
  return end === null ? startOf(entry) + ('date' in start ? DAY : 0) : instant(end)
}

export function AgendaPage(): JSX.Element {
  const { session } = useApp()
  const [now] = useState(Date.now)
  const entries = session.agenda.value
  const pending = entries.filter(({ state }) => state === 'pending')
  const answered = entries.filter(({ state }) => state !== 'pending')
  const coming = answered.filter(entry => endOf(entry) >= now)
  const past = answered.filter(entry => endOf(entry) < now).toReversed()
  return (
    <>
      <Heading title={t('agenda.title')} />
      <div class="buttons">
        <ButtonLink href={places.NOTE} icon="add">
          {t('diary.add')}
        </ButtonLink>
      </div>
      {!session.loaded.value && <Waiting>{t('messages.loading')}</Waiting>}
      {session.loaded.value && entries.length === 0 && <Empty />}
      <Group title={t('agenda.pending')} entries={pending} />
      <Group title={t('agenda.coming')} entries={coming} />
      {entries.length > 0 && <Month all={entries} />}
      <Past entries={past} />
      {entries.length > 0 && <Calendar entries={entries} />}
    </>
  )
}

function Group({ title, entries }: { readonly title: string; readonly entries: readonly AgendaEntry[] }): JSX.Element | null {
  if (entries.length === 0) return null
  return (
    <section>
      <h2>{title}</h2>
      {entries.map(entry => (
        <AppointmentCard key={anchorOf(entry)} entry={entry} />
      ))}
    </section>
  )
}

function Past({ entries }: { readonly entries: readonly AgendaEntry[] }): JSX.Element | null {
  const [shown, setShown] = useState(false)
  if (entries.length === 0) return null
  return (
    <>
      <Button onPress={() => setShown(!shown)} expanded={shown}>
        {t('agenda.showPast', entries.length)}
      </Button>
      {shown && <Group title={t('agenda.past')} entries={entries} />}
    </>
  )
}

const REMINDERS = { none: undefined, hour: 60, day: 24 * 60 } as const // minutes before
type Reminder = keyof typeof REMINDERS
const REMINDER_NAMES: readonly Reminder[] = ['none', 'hour', 'day']

/** One file for the person's own calendar. Nothing readable is served: a calendar cannot subscribe to what is sealed. */
function Calendar({ entries }: { readonly entries: readonly AgendaEntry[] }): JSX.Element {
  const { session, screen } = useApp()
  const minutes = session.reminder.value
  const save = (): void => screen.save(new TextEncoder().encode(toIcs(entries, minutes)), `${t('calendar.file')}.ics`, 'text/calendar')
  return (
    <section class="apart no-print">
      <h2>{t('calendar.title')}</h2>
      <p>{t('calendar.text')}</p>
      <Choices
        legend={t('calendar.reminder')}
        value={REMINDER_NAMES.find(name => REMINDERS[name] === minutes) ?? 'none'}
        choices={[
          ['none', t('calendar.reminderNone')],
          ['hour', t('calendar.reminderHour')],
          ['day', t('calendar.reminderDay')],
        ]}
        onValue={name => session.remind(REMINDERS[name])}
      />
      <Button icon="save" onPress={save}>
        {t('calendar.all')}
      </Button>
    </section>
  )
}

const Empty = (): JSX.Element => (
  <div class="empty">
    <Icon name="agenda" />
    <p>{t('agenda.empty')}</p>
  </div>
)
