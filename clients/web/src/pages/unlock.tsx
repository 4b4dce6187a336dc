/** After a reload: the device is known, the keys are not open. Only the password is asked for, or a passkey. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { CryptoError } from '../crypto/errors.ts'
import { Button, ButtonLink } from '../ui/button.tsx'
import { PasswordField } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Heading } from '../ui/heading.tsx'
import { Waiting } from '../ui/notice.tsx'
import { isRefusal } from '../wire/errors.ts'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { isPairing } from './lettercode.ts'
import { PairingFirst } from './login.tsx'
import { PasskeyButton } from './passkeybutton.tsx'
import * as places from './places.ts'
import { Failure, type Here } from './refusals.tsx'
import { useAct } from './useact.ts'

export function UnlockPage(): JSX.Element {
  const { login, session, fragment } = useApp()
  const [password, setPassword] = useState('')
  const [missing, setMissing] = useState(false)
  const { act, busy, error } = useAct()
  /** A device that the relay no longer knows has to log in: that page says so. */
  const orOut = async (unlock: () => Promise<void>): Promise<void> => {
    try {
      await unlock()
    } catch (cause) {
      if (isRefusal(cause, 'unauthorized')) await session.stop(true)
      throw cause
    }
  }
  const submit = (): void => {
    setMissing(password === '')
    if (password !== '' && !busy) act(() => orOut(() => login.unlock(password)))
  }
  return (
    <div class="door-card">
      <Form onSubmit={submit}>
        <Heading title={t('unlock.title')} />
        <Failure error={error} here={atPassword} />
        {isPairing(fragment) && <PairingFirst />}
        <p>{t('unlock.text', login.lastName())}</p>
        <input type="text" hidden autocomplete="username" value={login.lastName()} readOnly />
        <PasswordField
          label={t('login.password')}
          must
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
          <ButtonLink look="plain" href={places.RECOVERY}>
            {t('unlock.lost')}
          </ButtonLink>
        </div>
        {busy && <Waiting>{t('login.opening')}</Waiting>}
      </Form>
      <PasskeyButton use={() => orOut(() => login.unlockWithPasskey())}>{t('passkey.unlock')}</PasskeyButton>
    </div>
  )
}

/** Nothing but the box tells here that a password is wrong. */
const atPassword: Here = cause =>
  cause instanceof CryptoError && cause.message === 'keybox/2' ? ['unlock.wrong', 'unlock.wrongText'] : undefined
