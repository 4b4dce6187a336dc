/** A new authenticator app: the square to aim at, the key to copy, and the digits that prove it. */
import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import { totpAddress } from '../session/totp.ts'
import { Button, ButtonLink } from '../ui/button.tsx'
import { Form } from '../ui/form.tsx'
import { Heading } from '../ui/heading.tsx'
import { Waiting } from '../ui/notice.tsx'
import { QrCode } from '../ui/qr.tsx'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { DigitsField, digitsOf } from './digitsfield.tsx'
import { Failure } from './refusals.tsx'
import { useAct, type Act } from './useact.ts'

type NewProofProps = {
  readonly name: string
  /** `newTotpSecret()`, kept by whoever asks: the app has it by now, should this step be shown again. */
  readonly secret: string
  /** What the digits prove: it may reject, and is then called again with other digits. */
  readonly onProved: (digits: string) => Promise<void>
  /** On the button, and while it works. */
  readonly done: string
  readonly working: string
  readonly above?: JSX.Element
  /** Instead of the sentences for some failures, beside a way out of them. */
  readonly failure?: (error: Act['error']) => ComponentChildren
}

export function NewProof({ name, secret, onProved, done, working, above, failure }: NewProofProps): JSX.Element {
  const [code, setCode] = useState('')
  const [missing, setMissing] = useState(false)
  const { act, busy, error } = useAct()
  const submit = (): void => {
    const digits = digitsOf(code)
    setMissing(digits === undefined)
    if (digits !== undefined && !busy) act(() => onProved(digits))
  }
  return (
    <Form onSubmit={submit}>
      {above}
      <Heading title={t('activation.proofTitle')} />
      {failure === undefined ? <Failure error={error} /> : failure(error)}
      <p>{t('activation.proofText')}</p>
      <ol>
        <li>{t('activation.proof1')}</li>
        <li>{t('activation.proof2')}</li>
        <li>{t('activation.proof3')}</li>
      </ol>
      <Secret name={name} secret={secret} />
      <DigitsField value={code} onValue={setCode} missing={missing} />
      <Button type="submit" look="main" waiting={busy}>
        {done}
      </Button>
      {busy && <Waiting>{working}</Waiting>}
    </Form>
  )
}

function Secret({ name, secret }: { readonly name: string; readonly secret: string }): JSX.Element {
  const { screen } = useApp()
  const [copied, setCopied] = useState(false)
  const address = totpAddress(name, secret)
  return (
    <>
      <QrCode text={address} label={t('activation.qr')} />
      <p>{t('activation.secret')}</p>
      <p class="kept">{secret.replace(/....(?!$)/g, '$& ')}</p>
      <div class="buttons">
        <ButtonLink href={address}>{t('activation.openApp')}</ButtonLink>
        <Button onPress={() => void screen.copy(secret).then(setCopied)}>
          {copied ? t('activation.copied') : t('activation.copy')}
        </Button>
      </div>
    </>
  )
}
