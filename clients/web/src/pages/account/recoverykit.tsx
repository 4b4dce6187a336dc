/** A new recovery kit: the sheet of before ends when two groups of the new one were typed again, not earlier. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../ui/button.tsx'
import { t } from '../../words/words.ts'
import { useConfirm } from '../confirm.tsx'
import { useApp } from '../context.ts'
import { RecoveryKit } from '../kit.tsx'
import { Done } from './done.tsx'
import { useKitForgotten } from './kitforgotten.ts'
import { kitOf } from './kitof.ts'
import { AccountSection, Back } from './section.tsx'

type Step = 'before' | 'making' | 'done'

export function RecoveryKitPage(): JSX.Element {
  const [step, setStep] = useState<Step>('before')
  if (step === 'before') {
    return (
      <AccountSection title={t('factors.kit')}>
        <p>{t('factors.kitText')}</p>
        <p>{t('factors.kitWhen')}</p>
        <p>{t('factors.kitHave')}</p>
        <Button look="main" onPress={() => setStep('making')}>
          {t('factors.kitBegin')}
        </Button>
      </AccountSection>
    )
  }
  return (
    <>
      <Back />
      {step === 'making' ? (
        <Making onDone={() => setStep('done')} />
      ) : (
        <Done title={t('factors.kitDone')}>
          <p>{t('factors.kitDoneText')}</p>
        </Done>
      )}
    </>
  )
}

function Making({ onDone }: { readonly onDone: () => void }): JSX.Element {
  const { session } = useApp()
  const { confirmed, dialog } = useConfirm()
  useKitForgotten()
  const keep = (): Promise<void> =>
    confirmed(async () => {
      await session.factors.newRecoveryCode()
      onDone()
    })
  return (
    <>
      <RecoveryKit make={() => kitOf(session)} onKept={keep} text={t('factors.kitNew')} />
      {dialog}
    </>
  )
}
