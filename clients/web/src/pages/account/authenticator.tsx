/** Another app, or another telephone, for the one-time codes. The one of before ends with the first digits of the new one. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { newTotpSecret } from '../../session/totp.ts'
import { Button } from '../../ui/button.tsx'
import { Heading } from '../../ui/heading.tsx'
import { t } from '../../words/words.ts'
import { useConfirm } from '../confirm.tsx'
import { useApp } from '../context.ts'
import { NewProof } from '../newproof.tsx'
import { Done } from './done.tsx'
import { OwnOnly } from './section.tsx'

type Step = 'before' | 'proving' | 'done'

export function AuthenticatorPage(): JSX.Element {
  const [step, setStep] = useState<Step>('before')
  return (
    <OwnOnly title={t('factors.authenticator')}>
      {step === 'before' && <Before onNext={() => setStep('proving')} />}
      {step === 'proving' && <Proving onDone={() => setStep('done')} />}
      {step === 'done' && (
        <Done title={t('factors.authenticatorDone')}>
          <p>{t('factors.authenticatorDoneText')}</p>
        </Done>
      )}
    </OwnOnly>
  )
}

const Before = ({ onNext }: { readonly onNext: () => void }): JSX.Element => (
  <>
    <Heading title={t('factors.authenticator')} />
    <p>{t('factors.authenticatorWhen')}</p>
    <p>{t('factors.authenticatorText')}</p>
    <Button look="main" onPress={onNext}>
      {t('factors.authenticatorBegin')}
    </Button>
  </>
)

function Proving({ onDone }: { readonly onDone: () => void }): JSX.Element {
  const { session, login } = useApp()
  const [secret] = useState(newTotpSecret)
  const { confirmed, dialog } = useConfirm()
  const prove = (digits: string): Promise<void> =>
    confirmed(async () => {
      await session.factors.changeAuthenticator(secret, digits)
      onDone()
    })
  return (
    <>
      <NewProof
        name={login.lastName()}
        secret={secret}
        onProved={prove}
        done={t('factors.authenticatorDo')}
        working={t('factors.changing')}
      />
      {dialog}
    </>
  )
}
