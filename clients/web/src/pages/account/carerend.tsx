/** Somebody may open the mailbox no more: access ends, and the keys that they knew are replaced. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../ui/button.tsx'
import { PasswordField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Heading } from '../../ui/heading.tsx'
import { Notice, Waiting } from '../../ui/notice.tsx'
import { t } from '../../words/words.ts'
import { useConfirm, wrongPassword } from '../confirm.tsx'
import { useApp } from '../context.ts'
import { RecoveryKit } from '../kit.tsx'
import * as places from '../places.ts'
import { Failure } from '../refusals.tsx'
import { useAct } from '../useact.ts'
import { called } from './called.ts'
import { Done } from './done.tsx'
import { useFinished } from './finished.ts'
import { useKitForgotten } from './kitforgotten.ts'
import { kitOf } from './kitof.ts'
import { Back } from './section.tsx'

type Step = { readonly kind: 'before' } | { readonly kind: 'kit'; readonly password: string | undefined }

export function CarerEndPage({ account }: { readonly account: string }): JSX.Element {
  const { session } = useApp()
  const [step, setStep] = useState<Step>({ kind: 'before' })
  const { about: ended, finish } = useFinished()
  const name = called(session.carers.carers.value.find(one => one.account === account) ?? { account, name: '' })
  return (
    <>
      <Back to={places.CARERS}>{t('carers.toCarers')}</Back>
      {ended !== undefined ? (
        <Done title={t('carers.ended')} to={places.CARERS} way={t('carers.toCarers')}>
          <p>{t('carers.endedText', ended)}</p>
        </Done>
      ) : step.kind === 'before' ? (
        <Before name={name} onNext={password => setStep({ kind: 'kit', password })} />
      ) : (
        <Kit account={account} password={step.password} onDone={() => finish(name)} />
      )}
    </>
  )
}

type BeforeProps = { readonly name: string; readonly onNext: (password: string | undefined) => void }

function Before({ name, onNext }: BeforeProps): JSX.Element {
  const { session, login } = useApp()
  const [password, setPassword] = useState('')
  const [missing, setMissing] = useState(false)
  const { act, busy, error } = useAct()
  const { password: asks } = session.factors.has
  const submit = (): void => {
    setMissing(password === '')
    if (!asks) onNext(undefined)
    if (!asks || password === '' || busy) return
    // What is typed here opens the renewed box: a slip would lock the person out.
    act(async () => {
      await session.factors.confirmWithPassword(password)
      onNext(password)
    })
  }
  return (
    <Form onSubmit={submit}>
      <Heading title={t('carers.endTitle', name)} tab={t('carers.title')} />
      <p>{t('carers.endText', name)}</p>
      <ul>
        <li>{t('carers.end1', name)}</li>
        <li>{t('carers.end2')}</li>
        <li>{t('carers.end3')}</li>
      </ul>
      <Notice icon="alert" care>
        <p>{t('carers.endCare', name)}</p>
      </Notice>
      <Failure error={error} here={wrongPassword} />
      {asks && (
        <>
          <input type="text" hidden autocomplete="username" value={login.lastName()} readOnly />
          <PasswordField
            label={t('login.password')}
            must
            hint={t('carers.endPassword')}
            value={password}
            onValue={setPassword}
            autocomplete="current-password"
            wrong={missing ? t('login.passwordMissing') : undefined}
          />
        </>
      )}
      <Button type="submit" look="main" waiting={busy}>
        {t('activation.next')}
      </Button>
      {busy && <Waiting>{t('login.busy')}</Waiting>}
    </Form>
  )
}

type KitProps = { readonly account: string; readonly password: string | undefined; readonly onDone: () => void }

function Kit({ account, password, onDone }: KitProps): JSX.Element {
  const { session } = useApp()
  const { confirmed, dialog } = useConfirm()
  useKitForgotten()
  const end = (): Promise<void> =>
    confirmed(async () => {
      await session.carers.end(account, password)
      onDone()
    })
  return (
    <>
      <RecoveryKit make={() => kitOf(session)} onKept={end} text={t('carers.endKit')} />
      {dialog}
    </>
  )
}
