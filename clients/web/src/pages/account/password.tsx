/** A new password; the keys stay as they are. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../ui/button.tsx'
import { Choices } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Heading } from '../../ui/heading.tsx'
import { Waiting } from '../../ui/notice.tsx'
import { t } from '../../words/words.ts'
import { useConfirm } from '../confirm.tsx'
import { useApp } from '../context.ts'
import { NewPassword } from '../newpassword.tsx'
import { Failure } from '../refusals.tsx'
import { useAct } from '../useact.ts'
import { Done } from './done.tsx'
import { OwnOnly } from './section.tsx'

export function PasswordPage(): JSX.Element {
  const { login } = useApp()
  const [password, setPassword] = useState<string>()
  const [done, setDone] = useState(false)
  return (
    <OwnOnly title={t('factors.password')}>
      {done ? (
        <Done title={t('factors.passwordDone')}>
          <p>{t('factors.passwordDoneText')}</p>
        </Done>
      ) : password === undefined ? (
        <NewPassword name={login.lastName()} onPassword={setPassword} />
      ) : (
        <Others password={password} onDone={() => setDone(true)} />
      )}
    </OwnOnly>
  )
}

type OthersProps = { readonly password: string; readonly onDone: () => void }

/** The last question decides what happens to the other devices, and does it. */
function Others({ password, onDone }: OthersProps): JSX.Element {
  const { session } = useApp()
  const [others, setOthers] = useState<'stay' | 'end'>('stay')
  const { act, busy, error } = useAct()
  const { confirmed, dialog } = useConfirm()
  const change = (): void => {
    if (busy) return
    act(() =>
      confirmed(async () => {
        await session.factors.changePassword(password, others === 'end')
        onDone()
      }),
    )
  }
  return (
    <Form onSubmit={change}>
      <Heading title={t('factors.others')} />
      <Failure error={error} />
      <p>{t('factors.passwordText')}</p>
      <Choices
        legend={t('factors.othersAsk')}
        value={others}
        choices={[
          ['stay', t('factors.othersStay')],
          ['end', t('factors.othersEnd')],
        ]}
        onValue={setOthers}
      />
      <Button type="submit" look="main" waiting={busy}>
        {t('factors.passwordDo')}
      </Button>
      {busy && <Waiting>{t('factors.changing')}</Waiting>}
      {dialog}
    </Form>
  )
}
