/** After a reload: the device is known, the keys are not open. Only the password is asked for. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { CryptoError } from '../crypto/errors.ts'
import { Button } from '../ui/button.tsx'
import { PasswordField } from '../ui/field.tsx'
import { Heading } from '../ui/heading.tsx'
import { Waiting } from '../ui/notice.tsx'
import { isRefusal, Refusal } from '../wire/errors.ts'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { Failure } from './refusals.tsx'
import { useAct } from './useact.ts'

export function UnlockPage(): JSX.Element {
  const { login, session } = useApp()
  const [password, setPassword] = useState('')
  const [missing, setMissing] = useState(false)
  const { act, busy, error } = useAct()
  const submit = (event: Event): void => {
    event.preventDefault()
    setMissing(password === '')
    if (password === '' || busy) return
    act(async () => {
      try {
        await login.unlock(password)
      } catch (cause) {
        if (isRefusal(cause, 'unauthorized')) await session.stop(true)
        throw isWrongPassword(cause) ? new Refusal('wrongCredentials') : cause
      }
    })
  }
  return (
    <div class="door-card">
      <form onSubmit={submit} noValidate>
        <Heading title={t('unlock.title')} />
        <Failure error={error} />
        <p>{t('unlock.text', login.lastName())}</p>
        <input type="text" hidden autocomplete="username" value={login.lastName()} readOnly />
        <PasswordField
          label={t('login.password')}
          value={password}
          onValue={setPassword}
          autocomplete="current-password"
          wrong={missing ? t('login.passwordMissing') : undefined}
        />
        <div class="buttons">
          <Button type="submit" look="main" waiting={busy}>
            {t('unlock.submit')}
          </Button>
          <Button look="plain" onPress={() => act(() => login.leave())}>
            {t('unlock.other')}
          </Button>
        </div>
        {busy && <Waiting>{t('login.opening')}</Waiting>}
      </form>
    </div>
  )
}

const isWrongPassword = (cause: unknown): boolean => cause instanceof CryptoError && cause.kind === 'CannotOpen'
