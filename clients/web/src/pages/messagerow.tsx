/** One conversation in the list, and one letter that does not open. */
import type { JSX } from 'preact'
import type { Known } from '../session/aim.ts'
import type { Thread, Unreadable } from '../session/entries.ts'
import { isReceipt } from '../session/receipts.ts'
import { tongueOfSubject } from '../session/tongue.ts'
import { Icon } from '../ui/icons.tsx'
import { Mark } from '../ui/notice.tsx'
import { brief, enumerate, toDate } from '../words/dates.ts'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import * as places from './places.ts'
import { reasonWords } from './reasons.ts'

type Place = { readonly open: boolean; readonly tabIndex: 0 | -1 }

export function ThreadRow({ thread, open, tabIndex }: { readonly thread: Thread } & Place): JSX.Element {
  const { session } = useApp()
  const { last, unread, subject } = thread
  const labels = session.filing.labelsOf(thread.id)
  const isDraft = session.drafts.all.value.has(thread.id)
  return (
    <a
      class={unread > 0 ? 'row row-unread' : 'row'}
      href={places.conversation(thread.id)}
      aria-current={open ? 'page' : undefined}
      tabIndex={tabIndex}
    >
      <span class="row-who">{whoOf(thread, session.people.value)}</span>
      <time class="row-when" dateTime={last.receivedAt}>
        {brief(toDate(last.receivedAt), new Date())}
      </time>
      <span class="row-what" lang={subject === '' ? undefined : tongueOfSubject(thread)}>
        {subject === '' ? t('messages.noSubject') : subject}
      </span>
      <span class="row-marks">
        {unread > 0 && <Mark look="new">{t('messages.unread')}</Mark>}
        {isDraft && <Mark icon="edit">{t('messages.draft')}</Mark>}
        {last.box === 'out' && <Mark icon="answer">{t(isAnswer(thread) ? 'messages.answered' : 'messages.sent')}</Mark>}
        {thread.invitation && <Mark icon="agenda">{t('messages.invitation')}</Mark>}
        {thread.files && <Mark icon="clip">{t('messages.files')}</Mark>}
        {labels.map(name => (
          <Mark key={name} icon="tag">
            {name}
          </Mark>
        ))}
      </span>
    </a>
  )
}

/** Who wrote; where nobody did but oneself, to whom, as far as they ever wrote. */
export function whoOf({ letters }: Thread, people: readonly Known[]): string {
  const names = letters.filter(({ box }) => box === 'in').map(({ letter }) => letter.sender.name || letter.sender.address)
  if (names.length > 0) return [...new Set(names)].join(', ')
  const readers = new Set(letters.flatMap(({ letter }) => letter.recipients.map(({ account }) => account)))
  const known = people.filter(({ account }) => readers.has(account)).map(({ name }) => name)
  return known.length > 0 ? t('messages.toWhom', enumerate(known)) : t('messages.fromYou')
}

/** Somebody else wrote before: what the person wrote first answers nothing. */
const isAnswer = ({ letters }: Thread): boolean => letters.some(({ box, letter }) => box === 'in' && !isReceipt(letter))

/** A letter that was not opened is not hidden: it says why, and what to do. */
export function ClosedRow({ entry, open, tabIndex }: { readonly entry: Unreadable } & Place): JSX.Element {
  return (
    <a class="row row-closed" href={places.conversation(entry.id)} aria-current={open ? 'page' : undefined} tabIndex={tabIndex}>
      <span class="row-who">
        <Icon name="alert" /> {t('closed.title')}
      </span>
      <time class="row-when" dateTime={entry.receivedAt}>
        {brief(toDate(entry.receivedAt), new Date())}
      </time>
      <span class="row-what">{reasonWords(entry.reason)}</span>
    </a>
  )
}
