/** From the letter to an account of one's own: the code, a password, a second proof. Three steps, one question each. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { LetterTicket } from '../session/login.ts'
import { newTotpSecret, totpAddress } from '../session/totp.ts'
import { Button, ButtonLink } from '../ui/button.tsx'
import { PasswordField, TextField } from '../ui/field.tsx'
import { Heading } from '../ui/heading.tsx'
import { Notice, Waiting } from '../ui/notice.tsx'
import { QrCode } from '../ui/qr.tsx'
import { Strength } from '../ui/strength.tsx'
import { isRefusal } from '../wire/errors.ts'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { fromFragment, inGroups } from './lettercode.ts'
import * as places from './places.ts'
import { Failure } from './refusals.tsx'
import { useAct } from './useact.ts'

export const PASSWORD_LEAST = 12 // characters

export function Activation(): JSX.Element {
  const [letter, setLetter] = useState<LetterTicket>()
  const [password, setPassword] = useState<string>()
  const again = (): void => {
    setLetter(undefined)
    setPassword(undefined)
  }
  return (
    <div class="door-card">
      {letter === undefined ? (
        <CodeStep onLetter={setLetter} />
      ) : password === undefined ? (
        <PasswordStep name={letter.name} onPassword={setPassword} />
      ) : (
        <ProofStep letter={letter} password={password} onAgain={again} />
      )}
    </div>
  )
}

const Step = ({ number }: { readonly number: number }): JSX.Element => <p class="steps">{t('activation.step', number, 3)}</p>

function CodeStep({ onLetter }: { readonly onLetter: (letter: LetterTicket) => void }): JSX.Element {
  const { login, fragment } = useApp()
  const carried = fromFragment(fragment)
  const [name, setName] = useState(carried.login)
  const [code, setCode] = useState(inGroups(carried.code))
  const [missing, setMissing] = useState(false)
  const { act, busy, error } = useAct()
  const submit = (event: Event): void => {
    event.preventDefault()
    const complete = name.trim() !== '' && code.trim() !== ''
    setMissing(!complete)
    if (complete && !busy) act(async () => onLetter(await login.withLetter(name.trim(), code)))
  }
  return (
    <form onSubmit={submit} noValidate>
      <Step number={1} />
      <Heading title={t('activation.title')} />
      <Failure error={error} />
      <p>{carried.code === '' ? t('activation.text') : t('activation.carried')}</p>
      <TextField
        label={t('login.name')}
        hint={t('activation.nameHint')}
        value={name}
        onValue={setName}
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        wrong={missing && name.trim() === '' ? t('login.nameMissing') : undefined}
      />
      <TextField
        label={t('activation.code')}
        hint={t('activation.codeHint')}
        value={code}
        onValue={value => setCode(inGroups(value))}
        look="letter"
        autocomplete="off"
        autocapitalize="characters"
        spellcheck={false}
        wrong={missing && code.trim() === '' ? t('activation.codeMissing') : undefined}
      />
      <div class="buttons">
        <Button type="submit" look="main" waiting={busy}>
          {t('activation.next')}
        </Button>
        <ButtonLink look="plain" href={places.LOGIN}>
          {t('activation.login')}
        </ButtonLink>
      </div>
      {busy && <Waiting>{t('activation.checking')}</Waiting>}
    </form>
  )
}

type PasswordStepProps = { readonly name: string; readonly onPassword: (password: string) => void }

function PasswordStep({ name, onPassword }: PasswordStepProps): JSX.Element {
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const [tried, setTried] = useState(false)
  const short = password.length < PASSWORD_LEAST
  const other = again !== password
  const submit = (event: Event): void => {
    event.preventDefault()
    setTried(true)
    if (!short && !other) onPassword(password)
  }
  return (
    <form onSubmit={submit} noValidate>
      <Step number={2} />
      <Heading title={t('activation.passwordTitle')} />
      <p>{t('activation.passwordText')}</p>
      <input type="text" hidden autocomplete="username" value={name} readOnly />
      <PasswordField
        label={t('activation.password')}
        hint={t('activation.passwordHint', PASSWORD_LEAST)}
        value={password}
        onValue={setPassword}
        autocomplete="new-password"
        wrong={tried && short ? t('activation.passwordShort', PASSWORD_LEAST) : undefined}
      >
        <Strength password={password} />
      </PasswordField>
      <PasswordField
        label={t('activation.passwordAgain')}
        value={again}
        onValue={setAgain}
        autocomplete="new-password"
        wrong={tried && !short && other ? t('activation.passwordOther') : undefined}
      />
      <Notice icon="key" care>
        <p>{t('activation.passwordCare')}</p>
      </Notice>
      <Button type="submit" look="main">
        {t('activation.next')}
      </Button>
    </form>
  )
}

type ProofStepProps = { readonly letter: LetterTicket; readonly password: string; readonly onAgain: () => void }

function ProofStep({ letter, password, onAgain }: ProofStepProps): JSX.Element {
  const { login, screen } = useApp()
  const { route } = useLocation()
  const [secret] = useState(newTotpSecret)
  const [code, setCode] = useState('')
  const [missing, setMissing] = useState(false)
  const [copied, setCopied] = useState(false)
  const { act, busy, error } = useAct()
  const submit = (event: Event): void => {
    event.preventDefault()
    const digits = code.replace(/\s/g, '')
    const complete = /^[0-9]{6}$/.test(digits)
    setMissing(!complete)
    if (!complete || busy) return
    act(async () => {
      await login.activate(letter, password, secret, digits)
      route(places.MESSAGES, true)
    })
  }
  const address = totpAddress(letter.name, secret)
  return (
    <form onSubmit={submit} noValidate>
      <Step number={3} />
      <Heading title={t('activation.proofTitle')} />
      <Failure error={error} />
      {isRefusal(error?.cause, 'ticketExpired') && <Button onPress={onAgain}>{t('activation.again')}</Button>}
      <p>{t('activation.proofText')}</p>
      <ol>
        <li>{t('activation.proof1')}</li>
        <li>{t('activation.proof2')}</li>
        <li>{t('activation.proof3')}</li>
      </ol>
      <QrCode text={address} label={t('activation.qr')} />
      <p>{t('activation.secret')}</p>
      <p class="kept">{secret.replace(/....(?!$)/g, '$& ')}</p>
      <div class="buttons">
        <ButtonLink href={address}>{t('activation.openApp')}</ButtonLink>
        <Button onPress={() => act(async () => setCopied(await screen.copy(secret)))}>
          {copied ? t('activation.copied') : t('activation.copy')}
        </Button>
      </div>
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
      <Button type="submit" look="main" waiting={busy}>
        {t('activation.done')}
      </Button>
      {busy && <Waiting>{t('activation.making')}</Waiting>}
    </form>
  )
}
