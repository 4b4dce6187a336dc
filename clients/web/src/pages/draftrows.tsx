/** First letters that were begun and not sent: they have no conversation yet that would show them. */
import type { JSX } from 'preact'
import { isEmpty } from '../session/drafts.ts'
import { Icon } from '../ui/icons.tsx'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import * as places from './places.ts'

export function DraftRows(): JSX.Element | null {
  const { session } = useApp()
  const threads = new Set(session.threads.value.map(({ id }) => id))
  const drafts = [...session.drafts.all.value].filter(([thread, draft]) => !threads.has(thread) && !isEmpty(draft))
  if (drafts.length === 0 || !session.loaded.value) return null
  return (
    <ul class="list list-drafts" aria-label={t('compose.drafts')}>
      {drafts.map(([thread, { subject, text }]) => (
        <li key={thread}>
          <a class="row" href={places.draft(thread)}>
            <span class="row-who">
              <Icon name="edit" /> {t('messages.draft')}
            </span>
            <span class="row-what">{subject || text.slice(0, 120) || t('messages.noSubject')}</span>
          </a>
        </li>
      ))}
    </ul>
  )
}
