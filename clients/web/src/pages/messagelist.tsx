/** The list: what to look for, which conversations to show, and they. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Thread, Unreadable } from '../session/entries.ts'
import { Button, ButtonLink } from '../ui/button.tsx'
import { Heading } from '../ui/heading.tsx'
import { Icon } from '../ui/icons.tsx'
import { LongList } from '../ui/longlist.tsx'
import { Waiting } from '../ui/notice.tsx'
import { SearchField } from '../ui/searchfield.tsx'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { DirectoryNotice } from './directory.tsx'
import { matches, type Filter } from './filters.ts'
import { DraftRows } from './draftrows.tsx'
import { ClosedRow, ThreadRow } from './messagerow.tsx'
import * as places from './places.ts'
import { Soon } from './soon.tsx'
import { StandingNotices } from './standing.tsx'
import { useSearch } from './usesearch.ts'

const ALL: Filter = { kind: 'all' }

export function MessageList({ open }: { readonly open: string | undefined }): JSX.Element {
  const { session } = useApp()
  const [filter, setFilter] = useState<Filter>(ALL)
  const [query, setQuery] = useState('')
  const found = useSearch(query)
  const threads = session.threads.value
  const closed = session.unreadable.value
  const empty = threads.length === 0 && closed.length === 0
  // Whoever searches, searches everything; what does not open is always there.
  const shown = found === undefined ? threads.filter(one => matches(one, filter, session.filing)) : threads.filter(({ id }) => found.has(id))
  const items = found === undefined && filter.kind === 'all' ? mixed(shown, closed) : shown
  return (
    <>
      <div class="list-head">
        <Heading title={t('messages.title')} focused={open === undefined} />
        <ButtonLink look="main" icon="edit" href={places.conversation(places.WRITE)}>
          {t('compose.write')}
        </ButtonLink>
      </div>
      <DirectoryNotice />
      <StandingNotices />
      <Soon />
      {!session.loaded.value && <Waiting>{t('messages.loading')}</Waiting>}
      <DraftRows />
      {session.loaded.value && empty && <Empty />}
      {!empty && (
        <>
          <SearchField label={t('search.label')} clear={t('search.clear')} value={query} onValue={setQuery} />
          {found === undefined && <Filters filter={filter} onFilter={setFilter} />}
          <p role="status" class={found === undefined ? 'unseen' : 'list-found'}>
            {found === undefined ? '' : t('search.found', items.length)}
          </p>
          {items.length === 0 && found === undefined && <p class="list-none">{t('filter.none')}</p>}
          <LongList
            label={t('messages.list')}
            items={items}
            keyOf={item => item.id}
            current={open}
            row={(item, tabIndex) =>
              'letters' in item ? (
                <ThreadRow thread={item} open={item.id === open} tabIndex={tabIndex} />
              ) : (
                <ClosedRow entry={item} open={item.id === open} tabIndex={tabIndex} />
              )
            }
          />
        </>
      )}
    </>
  )
}

type Item = Thread | Unreadable
const dateOf = (item: Item): string => ('letters' in item ? item.last.receivedAt : item.receivedAt)

const mixed = (threads: readonly Thread[], closed: readonly Unreadable[]): readonly Item[] =>
  closed.length === 0 ? threads : [...threads, ...closed].sort((a, b) => dateOf(b).localeCompare(dateOf(a)))

const KINDS = ['all', 'unread', 'files', 'archived'] as const

function Filters({ filter, onFilter }: { readonly filter: Filter; readonly onFilter: (filter: Filter) => void }): JSX.Element {
  const { session } = useApp()
  return (
    <div class="filters" role="group" aria-label={t('filter.label')}>
      {KINDS.map(kind => (
        <Button key={kind} look="plain" pressed={filter.kind === kind} onPress={() => onFilter({ kind })}>
          {t(`filter.${kind}`)}
        </Button>
      ))}
      {session.filing.allLabels().map(name => (
        <Button
          key={`label ${name}`}
          look="plain"
          icon="tag"
          pressed={filter.kind === 'label' && filter.name === name}
          onPress={() => onFilter({ kind: 'label', name })}
        >
          {name}
        </Button>
      ))}
    </div>
  )
}

const Empty = (): JSX.Element => (
  <div class="empty">
    <Icon name="letter" />
    <p>{t('messages.empty')}</p>
    <p>{t('messages.emptyText')}</p>
  </div>
)
