/** Notices by e-mail: an address is told of nothing before the code that was sent to it came back. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../ui/button.tsx'
import { Choices, TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Mark } from '../../ui/notice.tsx'
import { isRefusal } from '../../wire/errors.ts'
import type { NotificationSettings } from '../../wire/notices.ts'
import { t } from '../../words/words.ts'
import { announce } from '../announcement.ts'
import { useApp } from '../context.ts'
import { digitsOf } from '../digitsfield.tsx'
import type { Said } from '../distrust.ts'
import { Failure } from '../refusals.tsx'
import { useAct } from '../useact.ts'
import { type SettingsProps, useSaving } from './noticesaving.ts'
import { Outcome } from './outcome.tsx'

export function ByEmail({ settings, keep }: SettingsProps): JSX.Element {
  const { email, emailState } = settings
  return (
    <section class="apart">
      <h2>{t('notices.email')}</h2>
      {email === null ? <NewAddress keep={keep} /> : <Address settings={settings} keep={keep} email={email} />}
      {emailState === 'confirmed' && <When settings={settings} keep={keep} />}
    </section>
  )
}

const isAddress = (text: string): boolean => /^[^\s"(),:;<>@[\\\]]{1,64}@[^\s"(),:;<>@[\\\].]+(\.[^\s"(),:;<>@[\\\].]+)+$/.test(text)

function NewAddress({ keep }: Pick<SettingsProps, 'keep'>): JSX.Element {
  const { session } = useApp()
  const { act, busy, error } = useAct()
  const [address, setAddress] = useState('')
  const [wrong, setWrong] = useState(false)
  const submit = (): void => {
    const email = address.trim()
    setWrong(!isAddress(email))
    if (isAddress(email) && !busy) act(async () => keep(await session.notices.save({ email })))
  }
  return (
    <>
      <p>{t('notices.emailNone')}</p>
      <Form onSubmit={submit}>
        <Failure error={error} here={noMail} />
        <TextField
          label={t('notices.address')}
          must
          hint={t('notices.addressHint')}
          value={address}
          onValue={setAddress}
          autocomplete="email"
          autocapitalize="none"
          spellcheck={false}
          wrong={wrong ? t('notices.addressWrong') : undefined}
        />
        <Button type="submit" look="main" waiting={busy}>
          {t('notices.addressSend')}
        </Button>
      </Form>
    </>
  )
}

function Address({ settings, keep, email }: SettingsProps & { readonly email: string }): JSX.Element {
  const { session } = useApp()
  const { act, busy, error } = useAct()
  const isConfirmed = settings.emailState === 'confirmed'
  const remove = (): void =>
    act(async () => {
      keep(await session.notices.save({ email: null }))
      announce(t('notices.removed'))
    })
  return (
    <>
      <p>
        <b>{email}</b>{' '}
        <Mark look={isConfirmed ? 'yes' : 'care'}>{t(isConfirmed ? 'notices.confirmedAddress' : 'notices.waiting')}</Mark>
      </p>
      {!isConfirmed && <Code email={email} keep={keep} />}
      {isConfirmed && <Trial />}
      <Failure error={error} />
      <Button look="plain" icon="close" waiting={busy} onPress={remove}>
        {t('notices.remove')}
      </Button>
    </>
  )
}

function Code({ email, keep }: { readonly email: string; readonly keep: SettingsProps['keep'] }): JSX.Element {
  const { session } = useApp()
  const { act, busy, error } = useAct()
  const [code, setCode] = useState('')
  const [missing, setMissing] = useState(false)
  const then = (work: Promise<NotificationSettings>, said: string): Promise<void> =>
    work.then(settings => {
      keep(settings)
      announce(said)
    })
  const submit = (): void => {
    const digits = digitsOf(code)
    setMissing(digits === undefined)
    if (digits !== undefined && !busy) act(() => then(session.notices.confirm(digits), t('notices.confirmed')))
  }
  return (
    <Form onSubmit={submit}>
      <p>{t('notices.codeText', email)}</p>
      <Failure error={error} here={wrongCode} />
      <TextField
        label={t('notices.code')}
        must
        value={code}
        onValue={setCode}
        look="code"
        inputMode="numeric"
        autocomplete="one-time-code"
        maxLength={9}
        wrong={missing ? t('code.missing') : undefined}
      />
      <div class="buttons">
        <Button type="submit" look="main" waiting={busy}>
          {t('notices.codeConfirm')}
        </Button>
        <Button waiting={busy} onPress={() => act(() => then(session.notices.sendCodeAgain(email), t('notices.codeSent')))}>
          {t('notices.codeAgain')}
        </Button>
      </div>
    </Form>
  )
}

function When({ settings, keep }: SettingsProps): JSX.Element {
  const { save, error } = useSaving(keep)
  return (
    <>
      <Failure error={error} />
      <Choices
        legend={t('notices.when')}
        value={settings.emailWhen}
        choices={[
          ['each', t('notices.each')],
          ['daily', t('notices.daily')],
          ['off', t('notices.off')],
        ]}
        onValue={emailWhen => save({ emailWhen })}
      />
    </>
  )
}

function Trial(): JSX.Element {
  const { session } = useApp()
  const { act, busy, error } = useAct()
  const [said, setSaid] = useState('')
  const send = (): void =>
    act(async () => setSaid(t((await session.notices.test('email')) ? 'notices.testEmailSent' : 'notices.testNone')))
  return (
    <>
      <Failure error={error} />
      <Button icon="letter" waiting={busy} onPress={send}>
        {t('notices.testEmail')}
      </Button>
      <Outcome text={said} />
    </>
  )
}

function noMail(error: unknown): Said | undefined {
  if (isRefusal(error, 'invalidProperties')) return ['fail.other', 'notices.addressWrong']
  return isRefusal(error, 'forbidden') ? ['notices.noMail', 'notices.noMailText'] : undefined
}

function wrongCode(error: unknown): Said | undefined {
  if (isRefusal(error, 'wrongCode')) return ['notices.codeWrong', 'notices.codeWrongText']
  return isRefusal(error, 'codeExpired') ? ['notices.codeExpired', 'notices.codeExpiredText'] : undefined
}
