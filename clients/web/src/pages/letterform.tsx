/** The name and the code of a letter, and the second code where the letter announces one. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../ui/button.tsx'
import { CodeField } from '../ui/codefield.tsx'
import { Check, TextField } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Heading } from '../ui/heading.tsx'
import { Waiting } from '../ui/notice.tsx'
import { isRefusal } from '../wire/errors.ts'
import { t, type PlainWord } from '../words/words.ts'
import { isCode, notOpened } from './codecheck.ts'
import { Failure, type Here } from './refusals.tsx'
import type { Act } from './useact.ts'

/** `second` is undefined for a letter of one code. */
export type LetterTyped = { readonly name: string; readonly code: string; readonly second: string | undefined }

type LetterFormProps = {
  readonly typed: LetterTyped
  readonly onTyped: (typed: LetterTyped) => void
  /** The code came with the address. */
  readonly carried: boolean
  readonly busy: boolean
  readonly error: Act['error']
  /** Where the letter serves something else than opening the account. */
  readonly words?: { readonly title: string; readonly text: string }
  /** What stands above the heading: "Step 1 of 4". */
  readonly above?: JSX.Element
  /** Another way on. */
  readonly other?: JSX.Element
  readonly onComplete: (typed: LetterTyped) => void
}

export function LetterForm(props: LetterFormProps): JSX.Element {
  const { typed, onTyped, carried, busy, error, words, above, other, onComplete } = props
  const [tried, setTried] = useState(false)
  const { name, code, second } = typed
  const wrongCode = (one: string, missing: PlainWord): string | undefined =>
    !tried || isCode(one) ? undefined : t(one === '' ? missing : 'activation.codeWrong')
  const submit = (): void => {
    setTried(true)
    const complete = name.trim() !== '' && isCode(code) && (second === undefined || isCode(second))
    if (complete && !busy) onComplete({ ...typed, name: name.trim() })
  }
  return (
    <Form onSubmit={submit}>
      {above}
      <Heading title={words?.title ?? t('activation.title')} />
      <Failure error={error} here={atLetter} />
      <p>{carried ? t('activation.carried') : (words?.text ?? t('activation.text'))}</p>
      <TextField
        label={t('login.name')}
        must
        hint={t('activation.nameHint')}
        value={name}
        onValue={value => onTyped({ ...typed, name: value })}
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        wrong={tried && name.trim() === '' ? t('login.nameMissing') : undefined}
      />
      <CodeField
        label={t('activation.code')}
        must
        hint={t('activation.codeHint')}
        value={code}
        onValue={value => onTyped({ ...typed, code: value })}
        wrong={wrongCode(code, 'activation.codeMissing')}
      />
      <Check
        label={t('activation.two')}
        checked={second !== undefined}
        onValue={two => onTyped({ ...typed, second: two ? '' : undefined })}
      />
      {second !== undefined && (
        <CodeField
          label={t('activation.second')}
          must
          hint={t('activation.secondHint')}
          value={second}
          onValue={value => onTyped({ ...typed, second: value })}
          wrong={wrongCode(second, 'activation.secondMissing')}
        />
      )}
      <div class="buttons">
        <Button type="submit" look="main" waiting={busy}>
          {t('activation.next')}
        </Button>
        {other}
      </div>
      {busy && <Waiting>{t('activation.checking')}</Waiting>}
    </Form>
  )
}

const atLetter: Here = cause =>
  isRefusal(cause, 'wrongCredentials') ? ['activation.credentials', 'activation.credentialsText'] : notOpened(cause)
