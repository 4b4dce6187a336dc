/** A new password, twice. Nothing but its length is asked of it; how strong it is, is said while it is typed. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../ui/button.tsx'
import { PasswordField } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Heading } from '../ui/heading.tsx'
import { Notice } from '../ui/notice.tsx'
import { Strength } from '../ui/strength.tsx'
import { t } from '../words/words.ts'

export const PASSWORD_LEAST = 12 // characters

type NewPasswordProps = {
  /** Whose it is: password managers keep it beside the password. */
  readonly name: string
  readonly onPassword: (password: string) => void
  readonly above?: JSX.Element
}

export function NewPassword({ name, onPassword, above }: NewPasswordProps): JSX.Element {
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const [tried, setTried] = useState(false)
  const short = password.length < PASSWORD_LEAST
  const other = again !== password
  const submit = (): void => {
    setTried(true)
    if (!short && !other) onPassword(password)
  }
  return (
    <Form onSubmit={submit}>
      {above}
      <Heading title={t('activation.passwordTitle')} />
      <p>{t('activation.passwordText')}</p>
      <input type="text" hidden autocomplete="username" value={name} readOnly />
      <PasswordField
        label={t('activation.password')}
        must
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
        must
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
    </Form>
  )
}
