/** A document of one's own: the file, its title, type and date. It is sealed and sent while the rest is still written. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { DocumentType } from '../content/documenttypes.ts'
import { FRENCH } from '../session/tongue.ts'
import { Button } from '../ui/button.tsx'
import { DateField } from '../ui/datefield.tsx'
import { TextField } from '../ui/field.tsx'
import { FilePicker } from '../ui/filepicker.tsx'
import { Form } from '../ui/form.tsx'
import { Heading } from '../ui/heading.tsx'
import { Icon } from '../ui/icons.tsx'
import { Waiting } from '../ui/notice.tsx'
import { Select } from '../ui/select.tsx'
import { language, t } from '../words/words.ts'
import { useLoaded } from './account/useloaded.ts'
import { announce } from './announcement.ts'
import { useApp } from './context.ts'
import * as places from './places.ts'
import { Failure } from './refusals.tsx'
import { useAct } from './useact.ts'
import { WaitingFiles } from './waitingfiles.tsx'

const FORM = 'a document of one’s own' // under which the composer keeps the file
const NO_TYPE: DocumentType = { code: '', label: '', system: '' }

const types = async (): Promise<readonly DocumentType[]> => (await import('../content/documenttypes.ts')).DOCUMENT_TYPES

/** YYYY-MM-DD where the person is. */
const today = (): string => {
  const now = new Date()
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map(number => String(number).padStart(2, '0')).join('-')
}

export const AddDocument = (): JSX.Element => (
  <>
    <a class="back" href={places.RECORD}>
      <Icon name="back" />
      {t('record.back')}
    </a>
    <Heading title={t('shelf.addTitle')} />
    <p>{t('shelf.addText')}</p>
    <AddForm />
  </>
)

function AddForm(): JSX.Element {
  const { session } = useApp()
  const { composer, shelf } = session
  const { route } = useLocation()
  const [title, setTitle] = useState('')
  const [code, setCode] = useState('')
  const [date, setDate] = useState(today)
  const [tried, setTried] = useState(false)
  const known = useLoaded(types).value ?? []
  const { act, busy, error } = useAct()
  const files = composer.files(FORM)
  const [ready] = composer.ready(FORM)
  const isSending = files.some(({ state }) => state.kind === 'sending')
  const take = ([file]: readonly File[]): void => {
    if (file === undefined) return
    composer.clear(FORM)
    if (title === '') setTitle(file.name.replace(/\.[^.]{1,5}$/, ''))
    void composer.add(FORM, file)
  }
  const submit = (): void => {
    setTried(true)
    if (ready === undefined || title.trim() === '' || date === '' || busy) return
    const described = { title: title.trim(), code: known.find(one => one.code === code) ?? NO_TYPE, date, file: ready }
    act(async () => {
      await shelf.add(described)
      composer.clear(FORM)
      announce(t('shelf.added'))
      route(places.RECORD)
    })
  }
  const byLabel = known.toSorted((a, b) => a.label.localeCompare(b.label, language.value))
  return (
    <Form onSubmit={submit}>
      <Failure error={error} />
      <FilePicker label={t('shelf.fileLabel')} must add={t('shelf.file')} photo={t('shelf.photo')} hint={t('shelf.drop')} onFiles={take}>
        <WaitingFiles files={files} onRemove={id => composer.remove(FORM, id)} />
        {tried && files.length === 0 && (
          <p class="wrong" role="alert">
            {t('shelf.fileMissing')}
          </p>
        )}
      </FilePicker>
      <TextField
        label={t('shelf.title')}
        must
        hint={t('shelf.titleHint')}
        value={title}
        onValue={setTitle}
        maxLength={200}
        wrong={tried && title.trim() === '' ? t('shelf.titleMissing') : undefined}
      />
      <Select
        label={t('shelf.type')}
        must={false}
        value={code}
        choices={[['', t('shelf.typeNone')], ...byLabel.map(one => [one.code, one.label] as const)]}
        onValue={setCode}
        tongue={FRENCH}
      />
      <DateField
        label={t('shelf.date')}
        must
        value={date}
        onValue={setDate}
        max={today()}
        wrong={tried && date === '' ? t('shelf.dateWrong') : undefined}
      />
      <Button type="submit" look="main" icon="add" waiting={busy || isSending}>
        {isSending ? t('answer.uploading') : t('shelf.addDo')}
      </Button>
      {busy && <Waiting>{t('shelf.adding')}</Waiting>}
    </Form>
  )
}
