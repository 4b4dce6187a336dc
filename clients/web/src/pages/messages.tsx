/** The list of conversations, and the one that is open: two panes at a desk, one after the other on a phone. */
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Thread, Unreadable } from '../session/entries.ts'
import { Heading } from '../ui/heading.tsx'
import { Icon } from '../ui/icons.tsx'
import { Mark, Waiting } from '../ui/notice.tsx'
import { brief, toDate } from '../words/dates.ts'
import { t } from '../words/words.ts'
import { announce } from './announcement.ts'
import { useApp } from './context.ts'
import { Conversation } from './conversation.tsx'
import { DirectoryNotice } from './directory.tsx'
import * as places from './places.ts'
import { reasonWords } from './reasons.ts'
import { Soon } from './soon.tsx'
import { StandingNotices } from './standing.tsx'

export function Messages({ params }: { readonly params: Readonly<Record<string, string>> }): JSX.Element {
  const open = params['thread']
  useNews()
  return (
    <div class={open === undefined ? 'panes panes-list' : 'panes panes-one'}>
      <section class="pane pane-list" aria-label={t('messages.list')}>
        <List open={open} />
      </section>
      <section class="pane pane-one" aria-label={t('messages.open')}>
        {open === undefined ? <Nothing /> : <Conversation key={open} id={open} />}
      </section>
    </div>
  )
}

function List({ open }: { readonly open: string | undefined }): JSX.Element {
  const { session } = useApp()
  const threads = session.threads.value
  const closed = session.unreadable.value
  const empty = threads.length === 0 && closed.length === 0
  return (
    <>
      <Heading title={t('messages.title')} focused={open === undefined} />
      <DirectoryNotice />
      <StandingNotices />
      <Soon />
      {!session.loaded.value && <Waiting>{t('messages.loading')}</Waiting>}
      {session.loaded.value && empty && <Empty />}
      {!empty && (
        <ul class="list">
          {mixed(threads, closed).map(item =>
            'letters' in item ? (
              <li key={item.id}>
                <Row thread={item} open={item.id === open} />
              </li>
            ) : (
              <li key={item.id}>
                <Closed entry={item} />
              </li>
            ),
          )}
        </ul>
      )}
    </>
  )
}

type Item = Thread | Unreadable
const dateOf = (item: Item): string => ('letters' in item ? item.last.receivedAt : item.receivedAt)

const mixed = (threads: readonly Thread[], closed: readonly Unreadable[]): readonly Item[] =>
  [...threads, ...closed].sort((a, b) => dateOf(b).localeCompare(dateOf(a)))

function Row({ thread, open }: { readonly thread: Thread; readonly open: boolean }): JSX.Element {
  const { last, unread, subject } = thread
  const own = last.box === 'out'
  return (
    <a
      class={unread > 0 ? 'row row-unread' : 'row'}
      href={places.conversation(thread.id)}
      aria-current={open ? 'page' : undefined}
    >
      <span class="row-who">{whoOf(thread)}</span>
      <time class="row-when" dateTime={last.receivedAt}>
        {brief(toDate(last.receivedAt), new Date())}
      </time>
      <span class="row-what">{subject === '' ? t('messages.noSubject') : subject}</span>
      <span class="row-marks">
        {unread > 0 && <Mark look="new">{t('messages.unread')}</Mark>}
        {own && <Mark icon="answer">{t('messages.answered')}</Mark>}
        {thread.invitation && <Mark icon="agenda">{t('messages.invitation')}</Mark>}
        {thread.files && <Mark icon="clip">{t('messages.files')}</Mark>}
      </span>
    </a>
  )
}

const whoOf = ({ letters }: Thread): string => {
  const names = letters.filter(({ box }) => box === 'in').map(({ letter }) => letter.sender.name || letter.sender.address)
  return [...new Set(names)].join(', ') || t('messages.toYou')
}

/** A letter that was not opened is not hidden: it says why, and what to do. */
function Closed({ entry }: { readonly entry: Unreadable }): JSX.Element {
  return (
    <div class="row row-closed">
      <span class="row-who">
        <Icon name="alert" /> {t('closed.title')}
      </span>
      <time class="row-when" dateTime={entry.receivedAt}>
        {brief(toDate(entry.receivedAt), new Date())}
      </time>
      <p>{reasonWords(entry.reason)}</p>
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

const Nothing = (): JSX.Element => (
  <div class="empty">
    <Icon name="letterOpen" />
    <p>{t('messages.choose')}</p>
  </div>
)

/** Say aloud what arrived, once. */
function useNews(): void {
  const { session } = useApp()
  const news = session.news.value
  const said = useRef(news)
  useEffect(() => {
    const [first] = news
    if (news === said.current || first === undefined) return
    said.current = news
    announce(t('messages.arrived', first.letter.sender.name || first.letter.sender.address))
  }, [news])
}
