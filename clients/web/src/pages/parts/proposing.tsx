/** Another time for an appointment: the day and the hour; it stays as long as it was. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { instant, type Moment } from '../../content/agenda.ts'
import type { AgendaEntry } from '../../session/entries.ts'
import { Button } from '../../ui/button.tsx'
import { DateField } from '../../ui/datefield.tsx'
import { Form } from '../../ui/form.tsx'
import { day, dayAndTime, toDate } from '../../words/dates.ts'
import { t } from '../../words/words.ts'
import { useApp } from '../context.ts'
import { dayOf, hereAt, timeOf } from '../moments.ts'

type ProposingProps = { readonly entry: AgendaEntry; readonly onDone: () => void }

export function Proposing({ entry, onDone }: ProposingProps): JSX.Element {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button look="plain" icon="clock" expanded={open} onPress={() => setOpen(!open)}>
        {t('propose.open')}
      </Button>
      {open && <ProposingForm entry={entry} onDone={onDone} />}
    </>
  )
}

function ProposingForm({ entry, onDone }: ProposingProps): JSX.Element {
  const { session } = useApp()
  const { start, end, summary } = entry.invitation
  const allDay = 'date' in start
  const at = new Date(instant(start))
  const [date, setDate] = useState(dayOf(at))
  const [time, setTime] = useState(timeOf(at))
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const begins = date === '' || (!allDay && time === '') ? undefined : hereAt(date, allDay ? undefined : time)
  const isPast = begins !== undefined && instant(begins) < Date.now()
  const submit = (): void => {
    setTried(true)
    if (begins === undefined || isPast || busy) return
    const when = allDay ? day(toDate(date)) : dayAndTime(new Date(instant(begins)))
    setBusy(true)
    void session.propose(entry, begins, laterBy(begins, start, end), t('propose.say', summary, when)).then(() => {
      setBusy(false)
      onDone()
    })
  }
  return (
    <Form onSubmit={submit}>
      <h4>{t('propose.title')}</h4>
      <p>{t('propose.text')}</p>
      <DateField
        label={t('diary.day')}
        must
        value={date}
        onValue={setDate}
        min={dayOf(new Date())}
        wrong={tried && date === '' ? t('diary.dayMissing') : tried && isPast ? t('propose.past') : undefined}
      />
      {!allDay && (
        <DateField
          type="time"
          label={t('propose.time')}
          must
          value={time}
          onValue={setTime}
          wrong={tried && time === '' ? t('propose.timeMissing') : undefined}
        />
      )}
      <Button type="submit" look="main" icon="send" waiting={busy}>
        {t('propose.do')}
      </Button>
    </Form>
  )
}

/** The end, as long after the new beginning as it was after the old one. */
function laterBy(begins: Moment, start: Moment, end: Moment | null): Moment | null {
  if (end === null) return null
  const ends = new Date(instant(begins) + instant(end) - instant(start))
  return 'date' in begins ? { date: dayOf(ends) } : hereAt(dayOf(ends), timeOf(ends))
}
