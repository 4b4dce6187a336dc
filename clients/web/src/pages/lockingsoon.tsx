/** Said two minutes before the page locks by itself. Must: be announced; end by whatever the person does (WCAG 2.2, 2.2.1, 4.1.3). */
import type { JSX } from 'preact'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icons.tsx'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'

export function LockingSoon(): JSX.Element {
  const { session } = useApp()
  return (
    <div role="alert">
      {session.idle.ending.value && (
        <div class="offline no-print">
          <Icon name="clock" />
          <span>{t('app.lockingSoon')}</span>
          {/* Pressing it is activity like any other: the page sees it before this does. */}
          <Button>{t('app.stay')}</Button>
        </div>
      )}
    </div>
  )
}
