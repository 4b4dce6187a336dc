/** Back in with the printed sheet: its code, then a new password, a new sheet, a new second lock. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { RecoveryTicket } from '../session/login.ts'
import { Button, ButtonLink } from '../ui/button.tsx'
import { CodeField } from '../ui/codefield.tsx'
import { TextField } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Heading } from '../ui/heading.tsx'
import { Waiting } from '../ui/notice.tsx'
import { isRefusal } from '../wire/errors.ts'
import { t } from '../words/words.ts'
import { announce } from './announcement.ts'
import { isCode, notOpened } from './codecheck.ts'
import { useApp } from './context.ts'
import { OpeningSteps, useOpening } from './opening.tsx'
import * as places from './places.ts'
import { Failure, type Here } from './refusals.tsx'
import { Step } from './step.tsx'
import { useAct, type Act } from './useact.ts'

export function RecoveryPage(): JSX.Element {
  const { login } = useApp()
  const { route } = useLocation()
  const [typed, setTyped] = useState<Typed>({ name: login.lastName(), code: '' })
  const [ticket, setTicket] = useState<RecoveryTicket>()
  const opening = useOpening()
  const { act, busy, error } = useAct()
  if (ticket === undefined) {
    return (
      <>
        <div class="door-card">
          <SheetForm
            typed={typed}
            onTyped={setTyped}
            busy={busy}
            error={error}
            onComplete={({ name, code }) => act(async () => setTicket(await login.withRecovery(name, code)))}
          />
        </div>
        <NoSheet />
      </>
    )
  }
  const send = async (password: string, digits: string): Promise<void> => {
    await login.recover(ticket, password, opening.secret, digits)
    announce(t('recovery.opened'))
    route(places.MESSAGES, true)
  }
  return (
    <div class="door-card">
      <OpeningSteps
        opening={opening}
        name={ticket.name}
        words={{
          title: t('recovery.begunTitle'),
          note: t('recovery.note'),
          kit: t('recovery.kit'),
          done: t('recovery.done'),
          working: t('recovery.working'),
          again: t('recovery.again'),
        }}
        send={send}
        onAgain={() => setTicket(undefined)}
      />
    </div>
  )
}

type Typed = { readonly name: string; readonly code: string }
type SheetFormProps = {
  readonly typed: Typed
  readonly onTyped: (typed: Typed) => void
  readonly busy: boolean
  readonly error: Act['error']
  readonly onComplete: (typed: Typed) => void
}

function SheetForm({ typed, onTyped, busy, error, onComplete }: SheetFormProps): JSX.Element {
  const [tried, setTried] = useState(false)
  const name = typed.name.trim()
  const submit = (): void => {
    setTried(true)
    if (name !== '' && isCode(typed.code) && !busy) onComplete({ ...typed, name })
  }
  const codeWrong = typed.code === '' ? t('recovery.codeMissing') : t('recovery.codeWrong')
  return (
    <Form onSubmit={submit}>
      <Step number={1} />
      <Heading title={t('recovery.title')} />
      <Failure error={error} here={atSheet} />
      <p>{t('recovery.text')}</p>
      <TextField
        label={t('login.name')}
        must
        value={typed.name}
        onValue={value => onTyped({ ...typed, name: value })}
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        wrong={tried && name === '' ? t('login.nameMissing') : undefined}
      />
      <CodeField
        label={t('recovery.code')}
        must
        hint={t('activation.codeHint')}
        value={typed.code}
        onValue={value => onTyped({ ...typed, code: value })}
        wrong={tried && !isCode(typed.code) ? codeWrong : undefined}
      />
      <div class="buttons">
        <Button type="submit" look="main" waiting={busy}>
          {t('activation.next')}
        </Button>
        <ButtonLink look="plain" href={places.LOGIN}>
          {t('recovery.login')}
        </ButtonLink>
      </div>
      {busy && <Waiting>{t('activation.checking')}</Waiting>}
    </Form>
  )
}

const atSheet: Here = cause =>
  isRefusal(cause, 'wrongCredentials') ? ['recovery.credentials', 'recovery.credentialsText'] : notOpened(cause)

const NoSheet = (): JSX.Element => (
  <section class="door-other">
    <h2>{t('recovery.noSheet')}</h2>
    <p>{t('recovery.noSheetDevice')}</p>
    <p>
      <ButtonLink href={places.PAIR_NEW}>{t('pairNew.link')}</ButtonLink>
    </p>
    <p>{t('recovery.noSheetHelp')}</p>
  </section>
)
