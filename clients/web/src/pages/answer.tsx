/** Write back: text, files, and ten seconds to change one's mind. What is typed is never lost. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Arrived } from '../session/entries.ts'
import { Button } from '../ui/button.tsx'
import { TextArea, TextField } from '../ui/field.tsx'
import { FilePicker } from '../ui/filepicker.tsx'
import { Aside, Notice } from '../ui/notice.tsx'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { AnswerStopped } from './directory.tsx'
import { WaitingFiles } from './waitingfiles.tsx'

export function Answer({ answers }: { readonly answers: Arrived }): JSX.Element {
  const { session } = useApp()
  const { letter } = answers
  const name = letter.sender.name || letter.sender.address
  const may = session.mayAnswer(letter.sender.account)
  return (
    <section class="answer no-print" aria-label={t('answer.title')}>
      <h2>{t('answer.title')}</h2>
      {may === false ? (
        <Notice icon="lock">
          <p>{t('answer.closedLong', name)}</p>
        </Notice>
      ) : (
        <>
          <Aside icon="answer">{t('answer.possible', name)}</Aside>
          <AnswerForm answers={answers} />
        </>
      )}
    </section>
  )
}

function AnswerForm({ answers }: { readonly answers: Arrived }): JSX.Element {
  const { session } = useApp()
  const { thread, mail } = answers.letter
  const { personal, composer } = session
  const text = personal.drafts.value.get(thread) ?? ''
  const files = composer.files(thread)
  const [missing, setMissing] = useState<'text' | 'name'>()
  const [unnamed] = useState(session.ownName() === '')
  const uploading = files.some(({ state }) => state.kind === 'sending')
  const failed = files.some(({ state }) => state.kind === 'failed')
  const add = (chosen: readonly File[]): void => {
    for (const file of chosen) void composer.add(thread, file)
  }
  const submit = (event: Event): void => {
    event.preventDefault()
    if (uploading || failed) return
    const lack = text.trim() === '' && files.length === 0 ? 'text' : session.ownName() === '' ? 'name' : undefined
    setMissing(lack)
    if (lack === undefined) session.submit(answers)
  }
  return (
    <form onSubmit={submit} noValidate>
      <AnswerStopped />
      <Notice icon="alert" care>
        <p>{t('answer.notUrgent')}</p>
      </Notice>
      {unnamed && (
        <TextField
          label={t('answer.name')}
          hint={t('answer.nameHint')}
          value={personal.name.value}
          onValue={value => personal.setName(value)}
          autocomplete="name"
          wrong={missing === 'name' ? t('answer.nameMissing') : undefined}
        />
      )}
      <FilePicker
        add={t('answer.addFile')}
        photo={t('answer.photo')}
        hint={t('answer.dropHint')}
        onFiles={add}
      >
        <TextArea
          label={t('answer.text')}
          value={text}
          onValue={value => personal.keepDraft(thread, value)}
          rows={7}
          wrong={missing === 'text' ? t('answer.textMissing') : undefined}
        />
        {text !== '' && <Aside icon="yes">{t('answer.saved')}</Aside>}
        <WaitingFiles files={files} onRemove={id => composer.remove(thread, id)} />
      </FilePicker>
      {mail !== null && <Aside icon="lock">{t('answer.mssante')}</Aside>}
      <Button type="submit" look="main" icon="send" waiting={uploading || failed}>
        {uploading ? t('answer.uploading') : t('answer.send')}
      </Button>
    </form>
  )
}
