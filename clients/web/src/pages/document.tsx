/** One document of the record, opened. */
import type { JSX } from 'preact'
import { plainSubject } from '../session/subject.ts'
import { Heading } from '../ui/heading.tsx'
import { Icon } from '../ui/icons.tsx'
import { Aside, Waiting } from '../ui/notice.tsx'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { DocumentFacts, DocumentFiles, titleOf } from './parts/record.tsx'
import * as places from './places.ts'

export function DocumentPage({ params }: { readonly params: Readonly<Record<string, string>> }): JSX.Element {
  const { session } = useApp()
  const filed = session.record.value.find(({ from, place }) => from.id === params['letter'] && String(place) === params['place'])
  return (
    <>
      <a class="back no-print" href={places.RECORD}>
        <Icon name="back" />
        {t('record.back')}
      </a>
      {filed === undefined && !session.loaded.value && <Waiting>{t('messages.loading')}</Waiting>}
      {filed === undefined && session.loaded.value && <Heading title={t('record.missing')} />}
      {filed !== undefined && (
        <>
          <Heading title={titleOf(filed.document)} />
          <DocumentFacts document={filed.document} />
          <DocumentFiles document={filed.document} />
          <Aside icon="letter">
            {t('record.cameWith')}{' '}
            <a href={places.conversation(filed.from.letter.thread)}>{plainSubject(filed.from.letter) || t('messages.noSubject')}</a>
          </Aside>
        </>
      )}
    </>
  )
}
