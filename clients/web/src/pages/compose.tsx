/** A first letter: to whom, about what, and the same form as an answer. It is a draft from its first sign on. */
import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { writingTo } from '../session/aim.ts'
import { isEmpty } from '../session/drafts.ts'
import { freshId, isId } from '../session/ids.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Heading } from '../ui/heading.tsx'
import { Icon } from '../ui/icons.tsx'
import { Aside, Notice, Waiting } from '../ui/notice.tsx'
import { t } from '../words/words.ts'
import { announce } from './announcement.ts'
import { useApp } from './context.ts'
import * as places from './places.ts'
import { Recipient } from './recipient.tsx'
import { WritingForm } from './writingform.tsx'

const SUBJECT_LENGTH = 200

export function Compose(): JSX.Element {
  const { session } = useApp()
  return (
    <>
      <a class="back no-print" href={places.MESSAGES}>
        <Icon name="back" />
        {t('conversation.back')}
      </a>
      <Heading title={t('compose.title')} />
      {session.loaded.value ? <Form /> : <Waiting>{t('messages.loading')}</Waiting>}
    </>
  )
}

function Form(): JSX.Element {
  const { session } = useApp()
  const { query, route } = useLocation()
  const { fil, a } = query as Readonly<Record<string, string | undefined>>
  const thread = useMemo(() => (fil !== undefined && isId(fil) ? fil : freshId()), [fil])
  const [missing, setMissing] = useState(false)
  const { drafts } = session
  const draft = drafts.of(thread)
  const people = session.reachablePeople()
  const chosen = people.find(({ account }) => account === (draft.to ?? a))
  const send = (): void => {
    if (chosen === undefined) return
    session.submitFirst(writingTo(chosen, thread))
    route(places.MESSAGES)
  }
  const drop = (): void => {
    for (const { id } of session.composer.files(thread)) session.composer.remove(thread, id)
    drafts.write(thread, { text: '', files: [], subject: '', to: null })
    announce(t('compose.dropped'))
    route(places.MESSAGES)
  }
  if (people.length === 0) {
    return (
      <>
        <Notice>
          <p>{t('compose.nobody')}</p>
        </Notice>
        <Recipient people={people} chosen={undefined} wrong={undefined} onChoose={() => undefined} />
      </>
    )
  }
  return (
    <section class="answer" aria-label={t('compose.title')}>
      <WritingForm
        thread={thread}
        label={t('compose.text')}
        byMail={chosen?.byMail ?? false}
        check={() => {
          setMissing(chosen === undefined)
          return chosen !== undefined
        }}
        onSend={send}
      >
        <Recipient
          people={people}
          chosen={chosen}
          wrong={missing && chosen === undefined ? t('compose.toMissing') : undefined}
          onChoose={account => drafts.write(thread, { to: account })}
        />
        <TextField
          label={t('compose.subject')}
          must={false}
          value={draft.subject}
          onValue={subject => drafts.write(thread, { subject })}
          maxLength={SUBJECT_LENGTH}
        />
        {chosen?.byMail === true && <Aside icon="lock">{t('compose.mssante', chosen.name)}</Aside>}
      </WritingForm>
      {!isEmpty(draft) && (
        <Button look="plain" onPress={drop}>
          {t('compose.drop')}
        </Button>
      )}
    </section>
  )
}
