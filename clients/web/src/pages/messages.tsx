/** The list of conversations, and the one that is open: two panes at a desk, one after the other on a phone. */
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from '../ui/icons.tsx'
import { t } from '../words/words.ts'
import { announce } from './announcement.ts'
import { Compose } from './compose.tsx'
import { useApp } from './context.ts'
import { Conversation } from './conversation.tsx'
import { MessageList } from './messagelist.tsx'
import * as places from './places.ts'

export function Messages({ params }: { readonly params: Readonly<Record<string, string>> }): JSX.Element {
  const open = params['thread']
  useNews()
  return (
    <div class={open === undefined ? 'panes panes-list' : 'panes panes-one'}>
      <section class="pane pane-list no-print" aria-label={t('messages.list')}>
        <MessageList open={open} />
      </section>
      <section class="pane pane-one" aria-label={t('messages.open')}>
        {open === undefined ? <Nothing /> : open === places.WRITE ? <Compose /> : <Conversation key={open} id={open} />}
      </section>
    </div>
  )
}

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
