/** Another app, or another telephone, for the one-time codes. The one of before ends with the first digits of the new one. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { newTotpSecret } from '../../session/totp.ts'
import { t } from '../../words/words.ts'
import { useConfirm } from '../confirm.tsx'
import { useApp } from '../context.ts'
import { NewProof } from '../newproof.tsx'
import { Done } from './done.tsx'
import { OwnOnly } from './section.tsx'

export function AuthenticatorPage(): JSX.Element {
  const { session, login } = useApp()
  const [secret] = useState(newTotpSecret)
  const [done, setDone] = useState(false)
  const { confirmed, dialog } = useConfirm()
  const prove = (digits: string): Promise<void> =>
    confirmed(async () => {
      await session.factors.changeAuthenticator(secret, digits)
      setDone(true)
    })
  return (
    <OwnOnly title={t('factors.authenticator')}>
      {done ? (
        <Done title={t('factors.authenticatorDone')}>
          <p>{t('factors.authenticatorDoneText')}</p>
        </Done>
      ) : (
        <NewProof
          name={login.lastName()}
          secret={secret}
          onProved={prove}
          done={t('factors.authenticatorDo')}
          working={t('factors.changing')}
          above={<p>{t('factors.authenticatorText')}</p>}
        />
      )}
      {dialog}
    </OwnOnly>
  )
}
