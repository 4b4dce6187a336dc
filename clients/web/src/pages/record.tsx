/** The record: every document that came or was added, by date, type or author; searched by words; hidden ones on demand. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { groups } from '../content/groups.ts'
import type { FiledDocument } from '../session/entries.ts'
import { isOwn, nameOf } from '../session/shelf.ts'
import { FRENCH } from '../session/tongue.ts'
import { Button, ButtonLink } from '../ui/button.tsx'
import { Choices, TextField } from '../ui/field.tsx'
import { Heading } from '../ui/heading.tsx'
import { Icon } from '../ui/icons.tsx'
import { Mark, Waiting } from '../ui/notice.tsx'
import { Theirs } from '../ui/theirs.tsx'
import { day, monthName, toDate } from '../words/dates.ts'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { matching } from './matching.ts'
import { titleOf, tongueOfTitle } from './parts/record.tsx'
import * as places from './places.ts'
import { Failure } from './refusals.tsx'
import { useAct } from './useact.ts'

type Order = 'date' | 'type' | 'author'
const MANY = 6 // documents from which on a search is worth its place

export function RecordPage(): JSX.Element {
  const { session } = useApp()
  const [order, setOrder] = useState<Order>('date')
  const [words, setWords] = useState('')
  const [all, setAll] = useState(false)
  const { act, error } = useAct()
  useEffect(() => act(() => session.shelf.load()), [act, session])
  const documents = session.record.value
  const hidden = session.shelf.hidden.value
  const visible = documents.filter(one => all || !hidden.has(nameOf(one)))
  const shown = matching(visible, words, textOf)
  const away = documents.filter(one => hidden.has(nameOf(one))).length
  return (
    <>
      <Heading title={t('record.title')} />
      <p>{t('record.lead')}</p>
      <div class="buttons">
        <ButtonLink href={places.RECORD_ADD} icon="add">
          {t('shelf.add')}
        </ButtonLink>
      </div>
      <Failure error={error} />
      {!session.loaded.value && <Waiting>{t('messages.loading')}</Waiting>}
      {session.loaded.value && documents.length === 0 && <Empty />}
      {documents.length >= MANY && <Search words={words} onWords={setWords} found={shown.length} />}
      {visible.length > 1 && <Ordering order={order} onOrder={setOrder} />}
      {[...groups(shown, groupOf(order))].map(([group, list]) => (
        <section key={group}>
          <h2 class="month-name" lang={order === 'type' && list.some(({ document }) => document.code.label !== '') ? FRENCH : undefined}>
            {group}
          </h2>
          <ul class="list list-titles">
            {list.map(one => (
              <li key={nameOf(one)}>
                <Row filed={one} hidden={hidden.has(nameOf(one))} />
              </li>
            ))}
          </ul>
        </section>
      ))}
      {away > 0 && (
        <Button look="plain" icon="open" pressed={all} onPress={() => setAll(!all)}>
          {all ? t('shelf.hideHidden') : t('shelf.showHidden', away)}
        </Button>
      )}
    </>
  )
}

type SearchProps = { readonly words: string; readonly onWords: (words: string) => void; readonly found: number }

const Search = ({ words, onWords, found }: SearchProps): JSX.Element => (
  <search>
    <TextField label={t('shelf.search')} must={false} hint={t('shelf.searchHint')} value={words} onValue={onWords} />
    <p class="unseen" role="status">
      {words.trim() === '' ? '' : t('shelf.found', found)}
    </p>
    {words.trim() !== '' && found === 0 && <p>{t('shelf.none')}</p>}
  </search>
)

type OrderingProps = { readonly order: Order; readonly onOrder: (order: Order) => void }

const Ordering = ({ order, onOrder }: OrderingProps): JSX.Element => (
  <Choices
    legend={t('record.order')}
    value={order}
    choices={[
      ['date', t('record.byDate')],
      ['type', t('record.byType')],
      ['author', t('record.byAuthor')],
    ]}
    onValue={onOrder}
  />
)

const textOf = ({ document }: FiledDocument): string => {
  const { author, code } = document
  return [titleOf(document), code.label, author.name, author.organization].join(' ')
}

const groupOf =
  (order: Order) =>
  (filed: FiledDocument): string => {
    const { document } = filed
    if (order === 'type') return document.code.label || t('record.otherType')
    if (order === 'author' && isOwn(filed)) return t('shelf.mine')
    if (order === 'author') return document.author.organization || document.author.name || t('record.noAuthor')
    return monthName(toDate(document.date))
  }

function Row({ filed, hidden }: { readonly filed: FiledDocument; readonly hidden: boolean }): JSX.Element {
  const { document, from, place, replaced } = filed
  const { author, code } = document
  const who = isOwn(filed) ? [t('shelf.mine')] : [author.name, author.organization]
  return (
    <a class="row" href={places.document(from.id, place)}>
      <span class="row-who" lang={tongueOfTitle(document, from)}>
        {titleOf(document)}
      </span>
      <time class="row-when" dateTime={document.date}>
        {day(toDate(document.date))}
      </time>
      <span class="row-what">{who.filter(text => text !== '').join(', ')}</span>
      <span class="row-marks">
        {code.label !== '' && (
          <Mark icon="record">
            <Theirs tongue={FRENCH}>{code.label}</Theirs>
          </Mark>
        )}
        {replaced && <Mark look="care">{t('record.replaced')}</Mark>}
        {hidden && <Mark icon="lock">{t('shelf.hiddenMark')}</Mark>}
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
