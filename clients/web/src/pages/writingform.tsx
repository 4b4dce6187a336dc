/** The form of a letter: text, files, and ten seconds to change one's mind. What is typed is never lost. */
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { FilePicker } from '../ui/filepicker.tsx'
import { Form } from '../ui/form.tsx'
import { Aside, Notice } from '../ui/notice.tsx'
import { TextArea } from '../ui/textarea.tsx'
import { dayAndTime, toDate } from '../words/dates.ts'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { AnswerStopped } from './directory.tsx'
import { WaitingFiles } from './waitingfiles.tsx'

type WritingFormProps = {
  readonly thread: string
  readonly label: string
  /** Somebody reads it in ordinary MSSanté mail. */
  readonly byMail: boolean
  /** What stands above the text: to whom, and about what. */
  readonly children?: ComponentChildren
  /** False where something above the text is missing, which says so itself. */
  readonly check?: () => boolean
  readonly onSend: () => void
}

export function WritingForm({ thread, label, byMail, children, check, onSend }: WritingFormProps): JSX.Element {
  const { session } = useApp()
  const { personal, drafts, composer } = session
  const { text } = drafts.of(thread)
  const files = composer.files(thread)
  const [missing, setMissing] = useState<'text' | 'name'>()
  const [unnamed] = useState(session.ownName() === '')
  const sending = files.filter(({ state }) => state.kind === 'sending')
  const failed = files.some(({ state }) => state.kind === 'failed')
  const paused = sending.some(({ state }) => state.kind === 'sending' && state.paused)
  // Files of a draft that was begun before, here or on another device.
  const kept = drafts.of(thread).files.map(({ id }) => id).join()
  useEffect(() => session.resumeFiles(thread), [session, thread, kept])
  const add = (chosen: readonly File[]): void => {
    for (const file of chosen) void composer.add(thread, file)
  }
  const lack = text.trim() === '' && files.length === 0 ? 'text' : session.ownName() === '' ? 'name' : undefined
  // Said on sending, and no longer than it is true.
  const isMissing = (what: typeof lack): boolean => missing === what && lack === what
  const submit = (): void => {
    const isAimed = check?.() ?? true
    setMissing(lack)
    if (isAimed && lack === undefined && sending.length === 0 && !failed) onSend()
  }
  return (
    <Form onSubmit={submit}>
      <AnswerStopped />
      <Notice icon="alert" care>
        <p>{t('answer.notUrgent')}</p>
      </Notice>
      {unnamed && (
        <TextField
          label={t('answer.name')}
          must
          hint={t('answer.nameHint')}
          value={personal.name.value}
          onValue={value => personal.setName(value)}
          autocomplete="name"
          wrong={isMissing('name') ? t('answer.nameMissing') : undefined}
        />
      )}
      {children}
      <LeftBefore thread={thread} />
      <FilePicker
        label={t('answer.files')}
        must={false}
        add={t('answer.addFile')}
        photo={t('answer.photo')}
        hint={t('answer.dropHint')}
        onFiles={add}
      >
        <TextArea
          label={label}
          must={files.length === 0}
          value={text}
          onValue={value => drafts.write(thread, { text: value })}
          rows={7}
          wrong={isMissing('text') ? t('answer.textMissing') : undefined}
        />
        {(text !== '' || files.length > 0) && (
          <Saved />
        )}
        <WaitingFiles files={files} onRemove={id => composer.remove(thread, id)} />
      </FilePicker>
      {paused && <Aside icon="clock">{t('answer.paused')}</Aside>}
      {byMail && <Aside icon="lock">{t('answer.mssante')}</Aside>}
      <Button type="submit" look="main" icon="send" waiting={sending.length > 0 || failed}>
        {sending.length > 0 ? t('answer.uploading') : t('answer.send')}
      </Button>
    </Form>
  )
}

/** The answer to a letter was lost, and what it said was edited since: it left, and this is another. */
function LeftBefore({ thread }: { readonly thread: string }): JSX.Element {
  const { session } = useApp()
  const left = session.leftBefore(thread)
  return (
    <div aria-live="polite">
      {left !== undefined && (
        <Notice icon="yes">
          <p>{t('answer.leftBefore', dayAndTime(toDate(left.receivedAt)))}</p>
        </Notice>
      )}
    </div>
  )
}

/** Where what was typed is safe by now. */
function Saved(): JSX.Element {
  const { session } = useApp()
  if (session.drafts.unkept.value) return <Aside icon="alert">{t('answer.notKept')}</Aside>
  return <Aside icon="yes">{t(session.reachable.value ? 'answer.saved' : 'answer.savedHere')}</Aside>
}
