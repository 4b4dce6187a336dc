/** After an account was closed: what that means from now on. */
import type { JSX } from 'preact'
import { ButtonLink } from '../ui/button.tsx'
import { Heading } from '../ui/heading.tsx'
import { Notice } from '../ui/notice.tsx'
import { longDay, toDate } from '../words/dates.ts'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import * as places from './places.ts'
import { Welcome } from './welcome.tsx'

export function ClosedPage(): JSX.Element {
  const { session } = useApp()
  const closed = session.life.closed.value
  // Opened anew, this page knows nothing of anybody.
  if (closed === undefined) return <Welcome />
  return (
    <div class="door-card">
      <Heading title={t('close.doneTitle')} />
      <Notice icon="yes">
        <p>{t('close.done', longDay(toDate(closed.erasedAfter)))}</p>
      </Notice>
      <div class="buttons">
        <ButtonLink look="main" href={places.WELCOME}>
          {t('close.leave')}
        </ButtonLink>
        <ButtonLink href={places.RECOVERY} icon="key">
          {t('close.reopen')}
        </ButtonLink>
      </div>
    </div>
  )
}
