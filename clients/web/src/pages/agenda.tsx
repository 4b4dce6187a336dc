/** The agenda: what waits for an answer first, then what comes, month by month, then what was. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { instant } from '../content/agenda.ts'
import type { AgendaEntry } from '../session/entries.ts'
import { Button } from '../ui/button.tsx'
import { Heading } from '../ui/heading.tsx'
import { Icon } from '../ui/icons.tsx'
import { Waiting } from '../ui/notice.tsx'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { Month } from './month.tsx'
import { anchorOf, AppointmentCard } from './parts/invitation.tsx'

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
      {!session.loaded.value && <Waiting>{t('messages.loading')}</Waiting>}
      {session.loaded.value && entries.length === 0 && <Empty />}
      <Group title={t('agenda.pending')} entries={pending} />
      <Group title={t('agenda.coming')} entries={coming} />
      {entries.length > 0 && <Month entries={entries.filter(({ state }) => state !== 'declined' && state !== 'cancelled')} />}
      <Past entries={past} />
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

const Empty = (): JSX.Element => (
  <div class="empty">
    <Icon name="agenda" />
    <p>{t('agenda.empty')}</p>
  </div>
)
