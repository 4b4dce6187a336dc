/** What is on its way out, above every page: ten seconds to take it back, then how it went. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { isPassing, type OutgoingLetter } from '../session/outbox.ts'
import { Button } from '../ui/button.tsx'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { sentenceFor } from './refusals.tsx'

export function Outbox(): JSX.Element {
  const { session } = useApp()
  const letter = session.phase.value === 'in' ? session.outbox.letters.value.at(-1) : undefined
  return <div aria-live="polite">{letter !== undefined && <Toast key={letter.draft.message} letter={letter} />}</div>
}

function Toast({ letter }: { readonly letter: OutgoingLetter }): JSX.Element {
  const { session } = useApp()
  const { state, draft } = letter
  const undo = (): void => session.undo(draft.message)
  switch (state.kind) {
    case 'waiting':
      return (
        <div class="toast appears">
          <Countdown until={state.until} />
          <Button onPress={undo} icon="undo">
            {t('outbox.undo')}
          </Button>
        </div>
      )
    case 'sending':
      return <div class="toast">{t('outbox.sending')}</div>
    case 'sent':
      return <div class="toast">{t('outbox.sent')}</div>
    case 'failed':
      return (
        <div class="toast" role="alert">
          <span>
            {t('outbox.failed')} {isPassing(state.error) ? t('outbox.later') : sentenceFor(state.error)}
          </span>
          <Button onPress={() => void session.outbox.sendNow(draft)}>{t('outbox.again')}</Button>
          <Button onPress={undo}>{t('outbox.edit')}</Button>
        </div>
      )
  }
}

/** The seconds are for the eye: read aloud each second they would drown everything else. */
function Countdown({ until }: { readonly until: number }): JSX.Element {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const ticking = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(ticking)
  }, [])
  return (
    <span>
      {t('outbox.waiting')} <span aria-hidden="true">({Math.max(0, Math.ceil((until - now) / 1000))})</span>
    </span>
  )
}
