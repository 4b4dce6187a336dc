/** In with a passkey: shown only where this browser can. The device itself asks for finger, face or its own code. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { CryptoError } from '../crypto/errors.ts'
import { Button } from '../ui/button.tsx'
import { Waiting } from '../ui/notice.tsx'
import { isRefusal } from '../wire/errors.ts'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { Failure, type Here } from './refusals.tsx'
import { useAct } from './useact.ts'

type PasskeyButtonProps = {
  readonly children: string
  readonly use: () => Promise<void>
}

export function PasskeyButton({ children, use }: PasskeyButtonProps): JSX.Element | null {
  const { login } = useApp()
  const [shown, setShown] = useState(false)
  const { act, busy, error } = useAct()
  useEffect(() => {
    let here = true
    void login.hasPasskeys().then(can => {
      if (here) setShown(can)
    })
    return () => {
      here = false
    }
  }, [login])
  if (!shown) return null
  return (
    <div class="otherwise">
      <Failure error={error} here={ofPasskey} />
      <Button icon="key" waiting={busy} onPress={() => act(use)}>
        {children}
      </Button>
      <p class="hint">{t('passkey.hint')}</p>
      {busy && <Waiting>{t('passkey.waiting')}</Waiting>}
    </div>
  )
}

const ofPasskey: Here = cause => {
  if (isRefusal(cause, 'wrongCredentials')) return ['passkey.unknown', 'passkey.unknownText']
  return cause instanceof CryptoError && cause.kind === 'CannotOpen' ? ['passkey.other', 'passkey.otherText'] : undefined
}
