/** Log in: name and password, then a one-time code where this device is not trusted yet; and the other ways in. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Button, ButtonLink } from '../ui/button.tsx'
import { Check, PasswordField, TextField } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Heading } from '../ui/heading.tsx'
import { Notice, Waiting } from '../ui/notice.tsx'
import { isRefusal } from '../wire/errors.ts'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { DigitsField, digitsOf } from './digitsfield.tsx'
import { isPairing } from './lettercode.ts'
import { PasskeyButton } from './passkeybutton.tsx'
import * as places from './places.ts'
import { Failure } from './refusals.tsx'
import { useAct, type Act } from './useact.ts'

export function LoginPage(): JSX.Element {
  const { login } = useApp()
  const [name, setName] = useState(() => login.lastName())
  const [ticket, setTicket] = useState<string>()
  if (ticket !== undefined) {
    return (
      <div class="door-card">
        <Code ticket={ticket} onAgain={() => setTicket(undefined)} />
      </div>
    )
  }
  return (
    <>
      <div class="door-card">
        <NameAndPassword name={name} onName={setName} onTicket={setTicket} />
        <PasskeyButton use={() => login.withPasskey()}>{t('passkey.login')}</PasskeyButton>
      </div>
      <OtherWays />
    </>
  )
}

type NameAndPasswordProps = {
  readonly name: string
  readonly onName: (name: string) => void
  readonly onTicket: (ticket: string) => void
}

function NameAndPassword({ name, onName, onTicket }: NameAndPasswordProps): JSX.Element {
  const { login, session, fragment } = useApp()
  const [password, setPassword] = useState('')
  const [missing, setMissing] = useState(false)
  const { act, busy, error } = useAct()
  const submit = (): void => {
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
    <Form onSubmit={submit}>
      <Heading title={t('login.title')} />
      {session.ended.value && <Notice icon="clock">{t('login.ended')}</Notice>}
      {isPairing(fragment) && <PairingFirst />}
      <Failure error={error} />
      <TextField
        label={t('login.name')}
        must
        hint={t('login.nameHint')}
        value={name}
        onValue={onName}
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        wrong={missing && name.trim() === '' ? t('login.nameMissing') : undefined}
      />
      <PasswordField
        label={t('login.password')}
        must
        value={password}
        onValue={setPassword}
        autocomplete="current-password"
        wrong={missing && password === '' ? t('login.passwordMissing') : undefined}
      />
      <Button type="submit" look="main" waiting={busy}>
        {t('login.submit')}
      </Button>
      {busy && <Waiting>{t('login.busy')}</Waiting>}
    </Form>
  )
}

/** The code of a new device was read here, and nobody is logged in here yet. */
export const PairingFirst = (): JSX.Element => (
  <Notice icon="key" care>
    <p>{t('pairNew.loginFirst')}</p>
    <p>{t('pairNew.notAsked')}</p>
  </Notice>
)

const OtherWays = (): JSX.Element => (
  <section class="door-other">
    <h2>{t('login.other')}</h2>
    <ul class="door-links">
      <li>
        <a href={places.RECOVERY}>{t('recovery.link')}</a>
      </li>
      <li>
        <a href={places.PAIR_NEW}>{t('pairNew.link')}</a>
      </li>
      <li>
        <a href={places.ACTIVATION}>{t('login.letter')}</a>
      </li>
    </ul>
  </section>
)

function Code({ ticket, onAgain }: { readonly ticket: string; readonly onAgain: () => void }): JSX.Element {
  const { login } = useApp()
  // Whoever goes elsewhere, or begins again, leaves no password behind.
  useEffect(() => () => void login.abandon(), [login])
  const [code, setCode] = useState('')
  const [trust, setTrust] = useState(false)
  const [missing, setMissing] = useState(false)
  const { act, busy, error } = useAct()
  const submit = (): void => {
    const digits = digitsOf(code)
    setMissing(digits === undefined)
    if (digits !== undefined && !busy) act(() => login.withCode(ticket, digits, trust))
  }
  if (isRefusal(error?.cause, 'ticketExpired')) return <TooLate error={error} onAgain={onAgain} />
  return (
    <Form onSubmit={submit}>
      <Heading title={t('code.title')} />
      <Failure error={error} />
      <p>{t('code.text')}</p>
      <DigitsField value={code} onValue={setCode} missing={missing} />
      <Check label={t('code.trust')} checked={trust} onValue={setTrust} />
      <div class="buttons">
        <Button type="submit" look="main" waiting={busy}>
          {t('code.submit')}
        </Button>
        <Button look="plain" onPress={onAgain}>
          {t('code.again')}
        </Button>
        <ButtonLink look="plain" href={places.RECOVERY}>
          {t('code.lost')}
        </ButtonLink>
      </div>
      {busy && <Waiting>{t('login.opening')}</Waiting>}
    </Form>
  )
}

/** The password is forgotten by then: only it is asked for again, the name stays. */
const TooLate = ({ error, onAgain }: { readonly error: Act['error']; readonly onAgain: () => void }): JSX.Element => (
  <>
    <Heading title={t('code.title')} />
    <Failure error={error} here={() => ['code.late', 'code.lateText']} />
    <Button look="main" onPress={onAgain}>
      {t('code.again')}
    </Button>
  </>
)
