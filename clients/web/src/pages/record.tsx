/** The record: every document that came, by date, type or author. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { groups } from '../content/groups.ts'
import type { FiledDocument } from '../session/entries.ts'
import { Choices } from '../ui/field.tsx'
import { Heading } from '../ui/heading.tsx'
import { Icon } from '../ui/icons.tsx'
import { Mark, Waiting } from '../ui/notice.tsx'
import { day, monthName, toDate } from '../words/dates.ts'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { titleOf } from './parts/record.tsx'
import * as places from './places.ts'

type Order = 'date' | 'type' | 'author'

export function RecordPage(): JSX.Element {
  const { session } = useApp()
  const [order, setOrder] = useState<Order>('date')
  const documents = session.record.value
  return (
    <>
      <Heading title={t('record.title')} />
      <p>{t('record.lead')}</p>
      {!session.loaded.value && <Waiting>{t('messages.loading')}</Waiting>}
      {session.loaded.value && documents.length === 0 && <Empty />}
      {documents.length > 1 && (
        <Choices
          legend={t('record.order')}
          value={order}
          choices={[
            ['date', t('record.byDate')],
            ['type', t('record.byType')],
            ['author', t('record.byAuthor')],
          ]}
          onValue={setOrder}
        />
      )}
      {[...groups(documents, groupOf(order))].map(([group, list]) => (
        <section key={group}>
          <h2 class="month-name">{group}</h2>
          <ul class="list list-titles">
            {list.map(one => (
              <li key={`${one.from.id} ${one.place}`}>
                <Row filed={one} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  )
}

const groupOf =
  (order: Order) =>
  ({ document }: FiledDocument): string => {
    if (order === 'type') return document.code.label || t('record.otherType')
    if (order === 'author') return document.author.organization || document.author.name || t('record.noAuthor')
    return monthName(toDate(document.date))
  }

function Row({ filed }: { readonly filed: FiledDocument }): JSX.Element {
  const { document, from, place, replaced } = filed
  const { author, code } = document
  return (
    <a class="row" href={places.document(from.id, place)}>
      <span class="row-who">{titleOf(document)}</span>
      <time class="row-when" dateTime={document.date}>
        {day(toDate(document.date))}
      </time>
      <span class="row-what">{[author.name, author.organization].filter(text => text !== '').join(', ')}</span>
      <span class="row-marks">
        {code.label !== '' && <Mark icon="record">{code.label}</Mark>}
        {replaced && <Mark look="care">{t('record.replaced')}</Mark>}
      </span>
    </a>
  )
}

const Empty = (): JSX.Element => (
  <div class="empty">
    <Icon name="record" />
    <p>{t('record.empty')}</p>
  </div>
)
