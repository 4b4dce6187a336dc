/** A document of the record: what it is, from whom, of when. It is filed by itself. */
import type { JSX } from 'preact'
import type { RecordDocument } from '../../content/record.ts'
import type { Arrived } from '../../session/entries.ts'
import { FRENCH, tongueOf } from '../../session/tongue.ts'
import { Aside } from '../../ui/notice.tsx'
import type { Tongue } from '../../ui/theirs.tsx'
import { day, toDate } from '../../words/dates.ts'
import { t } from '../../words/words.ts'
import * as places from '../places.ts'
import { FileView } from './file.tsx'

type RecordViewProps = { readonly document: RecordDocument; readonly entry: Arrived; readonly place: number }

export function RecordView({ document, entry, place }: RecordViewProps): JSX.Element {
  return (
    <section class="card" aria-label={t('record.documentOf', titleOf(document))}>
      <h3 lang={tongueOfTitle(document, entry)}>{titleOf(document)}</h3>
      <DocumentFacts document={document} />
      <DocumentFiles document={document} from={entry} />
      <Aside icon="record">
        {t('record.filed')} <a href={places.document(entry.id, place)}>{t('record.seeFiled')}</a>
      </Aside>
    </section>
  )
}

export const titleOf = ({ title, code, file }: RecordDocument): string => title || code.label || file.name

/** A type has its name in French, also where the person chose it and wrote no title. */
export const tongueOfTitle = ({ title, code }: RecordDocument, from: Arrived): Tongue =>
  tongueOf(from) ?? (title === '' && code.label !== '' ? FRENCH : undefined)

export const DocumentFacts = ({ document }: { readonly document: RecordDocument }): JSX.Element => (
  <dl class="facts">
    {document.code.label !== '' && (
      <>
        <dt>{t('record.type')}</dt>
        <dd lang={FRENCH}>{document.code.label}</dd>
      </>
    )}
    <dt>{t('record.date')}</dt>
    <dd>{day(toDate(document.date))}</dd>
    <dt>{t('record.author')}</dt>
    <dd>{[document.author.name, document.author.organization].filter(text => text !== '').join(', ') || t('record.noAuthor')}</dd>
  </dl>
)

/** The document itself, and the readable copy that came with it. */
export const DocumentFiles = ({ document, from }: { readonly document: RecordDocument; readonly from: Arrived }): JSX.Element => (
  <>
    <FileView attachment={document.file} title={titleOf(document)} tongue={tongueOfTitle(document, from)} />
    {document.copy !== null && (
      <FileView
        attachment={document.copy}
        title={t('record.copy', document.copy.name)}
        theirs={document.copy.name}
        tongue={tongueOf(from)}
      />
    )}
  </>
)
