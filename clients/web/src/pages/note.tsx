/** Write down an appointment of one's own, or change one. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { instant, type Invitation, type Moment } from '../content/agenda.ts'
import { isNoted, type Noted } from '../session/diary.ts'
import type { AgendaEntry } from '../session/entries.ts'
import { Button } from '../ui/button.tsx'
import { DateField } from '../ui/datefield.tsx'
import { TextField } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Heading } from '../ui/heading.tsx'
import { Icon } from '../ui/icons.tsx'
import { Waiting } from '../ui/notice.tsx'
import { TextArea } from '../ui/textarea.tsx'
import { t } from '../words/words.ts'
import { announce } from './announcement.ts'
import { useApp } from './context.ts'
import { dayAfter, dayOf, hereAt, timeOf } from './moments.ts'
import * as places from './places.ts'
import { Failure } from './refusals.tsx'
import { useAct } from './useact.ts'

export function NotePage({ params }: { readonly params: Readonly<Record<string, string>> }): JSX.Element {
  const { session } = useApp()
  const id = params['entry'] ?? ''
  const entry = session.agenda.value.find(one => one.from.id === id && isNoted(one))
  const isMissing = id !== '' && entry === undefined
  return (
    <>
      <a class="back" href={places.AGENDA}>
        <Icon name="back" />
        {t('diary.back')}
      </a>
      {isMissing && !session.loaded.value && <Waiting>{t('messages.loading')}</Waiting>}
      {isMissing && session.loaded.value && <Heading title={t('diary.gone')} />}
      {!isMissing && (
        <>
          <Heading title={t(entry === undefined ? 'diary.addTitle' : 'diary.changeTitle')} />
          <p>{t('diary.text')}</p>
          <NoteForm entry={entry} key={id} />
        </>
      )}
    </>
  )
}

type Typed = {
  readonly summary: string
  readonly day: string
  readonly from: string
  readonly to: string
  readonly location: string
  readonly description: string
}

const EMPTY: Typed = { summary: '', day: '', from: '', to: '', location: '', description: '' }

function typedOf({ summary, location, description, start, end }: Invitation): Typed {
  const clock = (moment: Moment | null): string => (moment === null || 'date' in moment ? '' : timeOf(new Date(instant(moment))))
  return { summary, location, description, day: dayOf(new Date(instant(start))), from: clock(start), to: clock(end) }
}

function NoteForm({ entry }: { readonly entry: AgendaEntry | undefined }): JSX.Element {
  const { session } = useApp()
  const { route } = useLocation()
  const [typed, setTyped] = useState(entry === undefined ? EMPTY : typedOf(entry.invitation))
  const [tried, setTried] = useState(false)
  const { act, busy, error } = useAct()
  const put = (name: keyof Typed) => (value: string): void => setTyped({ ...typed, [name]: value })
  const endsEarly = typed.from !== '' && typed.to !== '' && typed.to <= typed.from
  const submit = (): void => {
    setTried(true)
    if (typed.summary.trim() === '' || typed.day === '' || endsEarly || busy) return
    act(async () => {
      await (entry === undefined ? session.diary.add(notedOf(typed)) : session.diary.change(entry, notedOf(typed)))
      announce(t('diary.saved'))
      route(places.AGENDA)
    })
  }
  return (
    <Form onSubmit={submit}>
      <Failure error={error} />
      <TextField
        label={t('diary.summary')}
        must
        hint={t('diary.summaryHint')}
        value={typed.summary}
        onValue={put('summary')}
        maxLength={200}
        wrong={tried && typed.summary.trim() === '' ? t('diary.summaryMissing') : undefined}
      />
      <DateField
        label={t('diary.day')}
        must
        value={typed.day}
        onValue={put('day')}
        wrong={tried && typed.day === '' ? t('diary.dayMissing') : undefined}
      />
      <DateField type="time" label={t('diary.from')} must={false} hint={t('diary.fromHint')} value={typed.from} onValue={put('from')} />
      {typed.from !== '' && (
        <DateField
          type="time"
          label={t('diary.to')}
          must={false}
          value={typed.to}
          onValue={put('to')}
          wrong={tried && endsEarly ? t('diary.toWrong') : undefined}
        />
      )}
      <TextField label={t('diary.place')} must={false} value={typed.location} onValue={put('location')} maxLength={500} />
      <TextArea label={t('diary.notes')} must={false} value={typed.description} onValue={put('description')} rows={4} />
      <Button type="submit" look="main" waiting={busy}>
        {t('diary.save')}
      </Button>
      {busy && <Waiting>{t('diary.saving')}</Waiting>}
    </Form>
  )
}

function notedOf({ summary, day, from, to, location, description }: Typed): Noted {
  const wholeDay = from === ''
  const end = wholeDay ? hereAt(dayAfter(day), undefined) : to === '' ? null : hereAt(day, to)
  return { summary: summary.trim(), location: location.trim(), description, start: hereAt(day, wholeDay ? undefined : from), end }
}
