/** A child's letter: its account opens by the person's own keys from then on, beside their own. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { CryptoError } from '../../crypto/errors.ts'
import type { LetterTicket } from '../../session/letters.ts'
import { Button } from '../../ui/button.tsx'
import { CodeField } from '../../ui/codefield.tsx'
import { Check, TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { inGroups } from '../../ui/groups.ts'
import { Heading } from '../../ui/heading.tsx'
import { Notice, Waiting } from '../../ui/notice.tsx'
import { isRefusal } from '../../wire/errors.ts'
import { t } from '../../words/words.ts'
import { useConfirm } from '../confirm.tsx'
import { useApp } from '../context.ts'
import type { Said } from '../distrust.ts'
import { RecoveryKit } from '../kit.tsx'
import * as places from '../places.ts'
import { Failure } from '../refusals.tsx'
import { useAct } from '../useact.ts'
import { Done } from './done.tsx'
import { useKitForgotten } from './kitforgotten.ts'
import { OwnOnly } from './section.tsx'

type Child = { readonly name: string; readonly letter: LetterTicket }

export function ChildPage(): JSX.Element {
  const [child, setChild] = useState<Child>()
  const [done, setDone] = useState(false)
  return (
    <OwnOnly title={t('carers.child')}>
      {child === undefined ? (
        <Asking onChild={setChild} />
      ) : done ? (
        <Done title={t('carers.childDone')} to={places.CARERS} way={t('carers.toCarers')}>
          <p>{t('carers.childDoneText', child.name)}</p>
        </Done>
      ) : (
        <Adopting child={child} onDone={() => setDone(true)} />
      )}
    </OwnOnly>
  )
}

function Asking({ onChild }: { readonly onChild: (child: Child) => void }): JSX.Element {
  const { session } = useApp()
  const [name, setName] = useState('')
  const [login, setLogin] = useState('')
  const [code, setCode] = useState('')
  const [two, setTwo] = useState(false)
  const [second, setSecond] = useState('')
  const [tried, setTried] = useState(false)
  const { act, busy, error } = useAct()
  const missing = (value: string, sentence: string): string | undefined =>
    tried && value.trim() === '' ? sentence : undefined
  const complete = [name, login, code, ...(two ? [second] : [])].every(value => value.trim() !== '')
  const submit = (): void => {
    setTried(true)
    if (!complete || busy) return
    act(async () => {
      const letter = await session.carers.withLetter(login.trim(), code, two ? second : undefined)
      onChild({ name: name.trim(), letter })
    })
  }
  return (
    <Form onSubmit={submit}>
      <Heading title={t('carers.child')} />
      <Failure error={error} here={wrongLetter} />
      <p>{t('carers.childText')}</p>
      <Notice>
        <p>{t('carers.childKnow')}</p>
      </Notice>
      <TextField
        label={t('carers.childName')}
        must
        hint={t('carers.nameHint')}
        value={name}
        onValue={setName}
        autocomplete="off"
        maxLength={60}
        wrong={missing(name, t('carers.nameMissing'))}
      />
      <TextField
        label={t('carers.childLogin')}
        must
        hint={t('activation.nameHint')}
        value={login}
        onValue={setLogin}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        wrong={missing(login, t('login.nameMissing'))}
      />
      <CodeField
        label={t('activation.code')}
        must
        hint={t('activation.codeHint')}
        value={code}
        onValue={value => setCode(inGroups(value))}
        wrong={missing(code, t('activation.codeMissing'))}
      />
      <Check label={t('carers.childTwo')} checked={two} onValue={setTwo} />
      {two && (
        <CodeField
          label={t('carers.childSecond')}
          must
          value={second}
          onValue={value => setSecond(inGroups(value))}
          wrong={missing(second, t('carers.childSecondMissing'))}
        />
      )}
      <Button type="submit" look="main" waiting={busy}>
        {t('activation.next')}
      </Button>
      {busy && <Waiting>{t('activation.checking')}</Waiting>}
    </Form>
  )
}

/** The child's own sheet: for the day when nobody who cares has keys any more. */
function Adopting({ child, onDone }: { readonly child: Child; readonly onDone: () => void }): JSX.Element {
  const { session } = useApp()
  const { confirmed, dialog } = useConfirm()
  useKitForgotten()
  const { letter, name } = child
  const make = async (): Promise<{ readonly login: string; readonly code: string }> => ({
    code: (await session.factors.kit()).code,
    login: letter.name,
  })
  const adopt = (): Promise<void> =>
    confirmed(async () => {
      await session.carers.adopt(letter, name)
      onDone()
    })
  return (
    <>
      <RecoveryKit make={make} onKept={adopt} text={t('carers.childKit', name)} />
      {dialog}
    </>
  )
}

function wrongLetter(error: unknown): Said | undefined {
  if (isRefusal(error, 'wrongCredentials')) return ['carers.letterWrong', 'carers.letterWrongText']
  return error instanceof CryptoError && error.kind === 'CannotOpen' ? ['carers.letterWrong', 'carers.letterWrongText'] : undefined
}
