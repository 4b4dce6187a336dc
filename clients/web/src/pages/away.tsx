/** The page was loaded, but the relay does not answer: nothing is asked of the person. */
import type { JSX } from 'preact'
import { Button } from '../ui/button.tsx'
import { Heading } from '../ui/heading.tsx'
import { Waiting } from '../ui/notice.tsx'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { useAct } from './useact.ts'

export function Away(): JSX.Element {
  const { login } = useApp()
  const { act, busy } = useAct()
  return (
    <div class="door-card">
      <Heading title={t('fail.unreachable')} />
      <Waiting>{t('app.away')}</Waiting>
      <Button waiting={busy} onPress={() => act(() => login.resume())}>
        {t('app.again')}
      </Button>
    </div>
  )
}
