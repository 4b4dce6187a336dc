/** The author asked to be told that this letter was read: nothing is told unless the person says so (RFC 8098). */
import type { JSX } from 'preact'
import type { Arrived } from '../session/entries.ts'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { Failure } from './refusals.tsx'
import { useAct } from './useact.ts'

export function ReadReceipt({ read }: { readonly read: Arrived }): JSX.Element | null {
  const { session } = useApp()
  const { act, busy, error } = useAct()
  const { account, address, name } = read.letter.sender
  if (session.mayAnswer(account) === false) return null
  return (
    <div class="no-print">
      <Notice>
        <p>{t('receipt.asked', name || address)}</p>
        <div class="buttons">
          <Button icon="yes" waiting={busy} onPress={() => act(() => session.tellRead(read))}>
            {t('receipt.tell')}
          </Button>
        </div>
        <Failure error={error} />
      </Notice>
    </div>
  )
}
