/** "Is it you?": what changes who may open the account asks for the password or a passkey again, then goes on by itself. */
import type { JSX } from 'preact'
import { useCallback, useEffect, useState } from 'preact/hooks'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { PasswordField } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Waiting } from '../ui/notice.tsx'
import { isRefusal } from '../wire/errors.ts'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import type { Said } from './distrust.ts'
import { Failure } from './refusals.tsx'
import { useAct } from './useact.ts'

type Answer = (isConfirmed: boolean) => void
export type Confirming = {
  /** Do this; where the relay wants to know who asks, ask the person, then do it again. Who says no leaves it undone. */
  readonly confirmed: (work: () => Promise<void>) => Promise<void>
  /** To be drawn by the page, wherever. */
  readonly dialog: JSX.Element | null
}

export function useConfirm(): Confirming {
  const [answer, setAnswer] = useState<{ readonly give: Answer }>()
  const ask = useCallback(() => new Promise<boolean>(give => setAnswer({ give })), [])
  const confirmed = useCallback(
    async (work: () => Promise<void>): Promise<void> => {
      for (;;) {
        try {
          await work()
          return
        } catch (error) {
          if (!isRefusal(error, 'confirmFirst')) throw error
          if (!(await ask())) return
        }
      }
    },
    [ask],
  )
  const give: Answer = isConfirmed => {
    setAnswer(undefined)
    answer?.give(isConfirmed)
  }
  return { confirmed, dialog: answer === undefined ? null : <Confirm onAnswer={give} /> }
}

function Confirm({ onAnswer }: { readonly onAnswer: Answer }): JSX.Element {
  const { session } = useApp()
  const [password, setPassword] = useState('')
  const [missing, setMissing] = useState(false)
  const { act, busy, error } = useAct()
  const confirm = (work: () => Promise<void>): void =>
    act(async () => {
      await work()
      onAnswer(true)
    })
  const submit = (): void => {
    setMissing(password === '')
    if (password !== '' && !busy) confirm(() => session.factors.confirmWithPassword(password))
  }
  return (
    <Dialog title={t('confirm.title')} onClose={() => onAnswer(false)}>
      <Form onSubmit={submit}>
        <p>{t('confirm.text')}</p>
        <Failure error={error} here={wrongPassword} />
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
            {t('confirm.submit')}
          </Button>
          <WithPasskey waiting={busy} onPress={() => confirm(() => session.factors.confirmWithPasskey())} />
          <Button look="plain" onPress={() => onAnswer(false)}>
            {t('confirm.cancel')}
          </Button>
        </div>
        {busy && <Waiting>{t('login.busy')}</Waiting>}
      </Form>
    </Dialog>
  )
}

type WithPasskeyProps = { readonly waiting: boolean; readonly onPress: () => void }

/** Only where this browser can, and there is one: in a mailbox held for somebody else the person's own are not seen. */
function WithPasskey({ waiting, onPress }: WithPasskeyProps): JSX.Element | null {
  const { session } = useApp()
  const [can, setCan] = useState(false)
  const slots = session.unlocked.value?.slots ?? []
  const mayHave = session.acting.value || slots.some(({ type }) => type === 'passkey')
  useEffect(() => void session.passkeys.available().then(setCan), [session])
  if (!can || !mayHave) return null
  return (
    <Button icon="key" waiting={waiting} onPress={onPress}>
      {t('confirm.passkey')}
    </Button>
  )
}

/** Where the name is known, only the password can be wrong. */
export const wrongPassword = (error: unknown): Said | undefined =>
  isRefusal(error, 'wrongCredentials') ? ['confirm.wrong', 'confirm.wrongText'] : undefined
