/** "I think somebody else has my keys": new keys, a new password, a new recovery kit, and every other device out. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../ui/button.tsx'
import { Heading } from '../../ui/heading.tsx'
import { Notice } from '../../ui/notice.tsx'
import { t } from '../../words/words.ts'
import { useConfirm } from '../confirm.tsx'
import { useApp } from '../context.ts'
import { RecoveryKit } from '../kit.tsx'
import { NewPassword } from '../newpassword.tsx'
import * as places from '../places.ts'
import { Done } from './done.tsx'
import { useFinished } from './finished.ts'
import { useKitForgotten } from './kitforgotten.ts'
import { OwnOnly } from './section.tsx'

type Step = { readonly kind: 'before' | 'password' } | { readonly kind: 'kit'; readonly password: string }

export function SuspicionPage(): JSX.Element {
  const { about, finish } = useFinished()
  return (
    <OwnOnly title={t('factors.suspicion')}>
      {about === undefined ? (
        <Steps onDone={() => finish('')} />
      ) : (
        <Done title={t('factors.renewed')}>
          <p>{t('factors.renewedText')}</p>
          <p>{t('factors.renewedPeople')}</p>
        </Done>
      )}
    </OwnOnly>
  )
}

function Steps({ onDone }: { readonly onDone: () => void }): JSX.Element {
  const { login } = useApp()
  const [step, setStep] = useState<Step>({ kind: 'before' })
  switch (step.kind) {
    case 'before':
      return <Before onNext={() => setStep({ kind: 'password' })} />
    case 'password':
      return (
        <NewPassword
          name={login.lastName()}
          above={<StepOf number={1} />}
          onPassword={password => setStep({ kind: 'kit', password })}
        />
      )
    case 'kit':
      return <Kit password={step.password} onDone={onDone} />
  }
}

const StepOf = ({ number }: { readonly number: number }): JSX.Element => (
  <p class="steps">{t('activation.step', number, 2)}</p>
)

const Before = ({ onNext }: { readonly onNext: () => void }): JSX.Element => (
  <>
    <Heading title={t('factors.suspicion')} />
    <p>{t('factors.suspicionWhen')}</p>
    <h2>{t('factors.suspicionWhat')}</h2>
    <ul>
      <li>{t('factors.suspicion1')}</li>
      <li>{t('factors.suspicion2')}</li>
      <li>{t('factors.suspicion3')}</li>
      <li>{t('factors.suspicion4')}</li>
    </ul>
    <p>{t('factors.suspicionStays')}</p>
    <Notice icon="alert" care>
      <p>{t('factors.suspicionCare')}</p>
    </Notice>
    <p>
      <a href={places.CARERS}>{t('factors.suspicionCarers')}</a>
    </p>
    <Button look="main" onPress={onNext}>
      {t('factors.suspicionBegin')}
    </Button>
  </>
)

/** The two groups of the sheet are the last thing that is asked: nothing has changed before. */
function Kit({ password, onDone }: { readonly password: string; readonly onDone: () => void }): JSX.Element {
  const { session } = useApp()
  const { confirmed, dialog } = useConfirm()
  useKitForgotten()
  const renew = (): Promise<void> =>
    confirmed(async () => {
      await session.factors.renew(password)
      onDone()
    })
  return (
    <>
      <RecoveryKit
        make={() => session.factors.kit()}
        onKept={renew}
        text={t('factors.suspicionKit')}
        above={<StepOf number={2} />}
      />
      {dialog}
    </>
  )
}
