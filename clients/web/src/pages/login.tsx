/** Log in: name and password, then a one-time code where this device is not trusted yet. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Button, ButtonLink } from '../ui/button.tsx'
import { Check, PasswordField, TextField } from '../ui/field.tsx'
import { Heading } from '../ui/heading.tsx'
import { Notice, Waiting } from '../ui/notice.tsx'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import * as places from './places.ts'
import { Failure } from './refusals.tsx'
import { useAct } from './useact.ts'

export function LoginPage(): JSX.Element {
  const [ticket, setTicket] = useState<string>()
  return (
    <div class="door-card">
      {ticket === undefined ? <NameAndPassword onTicket={setTicket} /> : <Code ticket={ticket} onAgain={() => setTicket(undefined)} />}
    </div>
  )
}

function NameAndPassword({ onTicket }: { readonly onTicket: (ticket: string) => void }): JSX.Element {
  const { login, session } = useApp()
  const [name, setName] = useState(login.lastName())
  const [password, setPassword] = useState('')
  const [missing, setMissing] = useState(false)
  const { act, busy, error } = useAct()
  const submit = (event: Event): void => {
    event.preventDefault()
    const complete = name.trim() !== '' && password !== ''
    setMissing(!complete)
    if (complete && !busy) {
      act(async () => {
        const outcome = await login.withPassword(name.trim(), password)
        if (outcome.kind === 'codeNeeded') onTicket(outcome.ticket)
      })
    }
  }
  return (
    <form onSubmit={submit} noValidate>
      <Heading title={t('login.title')} />
      {session.ended.value && <Notice icon="clock">{t('login.ended')}</Notice>}
      <Failure error={error} />
      <TextField
        label={t('login.name')}
        hint={t('login.nameHint')}
        value={name}
        onValue={setName}
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        wrong={missing && name.trim() === '' ? t('login.nameMissing') : undefined}
      />
      <PasswordField
        label={t('login.password')}
        value={password}
        onValue={setPassword}
        autocomplete="current-password"
        wrong={missing && password === '' ? t('login.passwordMissing') : undefined}
      />
      <Button type="submit" look="main" waiting={busy}>
        {t('login.submit')}
      </Button>
      {busy && <Waiting>{t('login.busy')}</Waiting>}
      <div class="buttons">
        <ButtonLink look="plain" href={places.ACTIVATION}>
          {t('login.letter')}
        </ButtonLink>
      </div>
    </form>
  )
}

function Code({ ticket, onAgain }: { readonly ticket: string; readonly onAgain: () => void }): JSX.Element {
  const { login } = useApp()
  // Whoever goes elsewhere, or begins again, leaves no password behind.
  useEffect(() => () => void login.abandon(), [login])
  const [code, setCode] = useState('')
  const [trust, setTrust] = useState(false)
  const [missing, setMissing] = useState(false)
  const { act, busy, error } = useAct()
  const submit = (event: Event): void => {
    event.preventDefault()
    const digits = code.replace(/\s/g, '')
    const complete = /^[0-9]{6}$/.test(digits)
    setMissing(!complete)
    if (complete && !busy) act(() => login.withCode(ticket, digits, trust))
  }
  return (
    <form onSubmit={submit} noValidate>
      <Heading title={t('code.title')} />
      <Failure error={error} />
      <p>{t('code.text')}</p>
      <TextField
        label={t('code.label')}
        value={code}
        onValue={setCode}
        look="code"
        inputMode="numeric"
        autocomplete="one-time-code"
        maxLength={9}
        wrong={missing ? t('code.missing') : undefined}
      />
      <Check label={t('code.trust')} checked={trust} onValue={setTrust} />
      <div class="buttons">
        <Button type="submit" look="main" waiting={busy}>
          {t('code.submit')}
        </Button>
        <Button look="plain" onPress={onAgain}>
          {t('code.again')}
        </Button>
      </div>
      {busy && <Waiting>{t('login.opening')}</Waiting>}
    </form>
  )
}
