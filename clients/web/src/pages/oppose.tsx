/** Refusing the account that a letter announces: the code, what it means, then a receipt on paper. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { LetterTicket } from '../session/login.ts'
import { utf8 } from '../crypto/bytes.ts'
import { Button, ButtonLink } from '../ui/button.tsx'
import { inGroups } from '../ui/groups.ts'
import { Heading } from '../ui/heading.tsx'
import { Notice, Waiting } from '../ui/notice.tsx'
import { Sure } from '../ui/sure.tsx'
import { isRefusal } from '../wire/errors.ts'
import type { Opposition } from '../wire/types.ts'
import { longDay, toDate } from '../words/dates.ts'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { fromFragment } from './lettercode.ts'
import { LetterForm, type LetterTyped } from './letterform.tsx'
import * as places from './places.ts'
import { Failure, type Here } from './refusals.tsx'
import { useAct } from './useact.ts'

export function Oppose(): JSX.Element {
  const [letter, setLetter] = useState<LetterTicket>()
  const [done, setDone] = useState<Done>()
  return (
    <div class="door-card">
      {done !== undefined ? (
        <Receipt {...done} />
      ) : letter === undefined ? (
        <WithLetter onLetter={setLetter} onDone={setDone} />
      ) : (
        <Meaning letter={letter} onDone={setDone} onBack={() => setLetter(undefined)} />
      )}
    </div>
  )
}

type Done = { readonly name: string; readonly opposition: Opposition }
type WithLetterProps = { readonly onLetter: (letter: LetterTicket) => void; readonly onDone: (done: Done) => void }

function WithLetter({ onLetter, onDone }: WithLetterProps): JSX.Element {
  const { login, fragment } = useApp()
  const carried = fromFragment(fragment)
  const [typed, setTyped] = useState<LetterTyped>({
    name: carried.login,
    code: inGroups(carried.code),
    second: carried.two ? '' : undefined,
  })
  const { act, busy, error } = useAct()
  const open = async ({ name, code, second }: LetterTyped): Promise<void> => {
    try {
      onLetter(await login.withLetter(name, code, second))
    } catch (cause) {
      // Refused before, with this letter, and the answer got lost: the receipt is still to be had.
      const opposition = isRefusal(cause, 'wrongCredentials') ? await login.opposing.before({ name, code, second }) : undefined
      if (opposition === undefined) throw cause
      onDone({ name, opposition })
    }
  }
  return (
    <LetterForm
      typed={typed}
      onTyped={setTyped}
      carried={carried.code !== ''}
      busy={busy}
      error={error}
      words={{ title: t('oppose.title'), text: t('oppose.text') }}
      other={
        <ButtonLink look="plain" href={places.ACTIVATION}>
          {t('oppose.instead')}
        </ButtonLink>
      }
      onComplete={complete => act(() => open(complete))}
    />
  )
}

type MeaningProps = { readonly letter: LetterTicket; readonly onDone: (done: Done) => void; readonly onBack: () => void }

function Meaning({ letter, onDone, onBack }: MeaningProps): JSX.Element {
  const { login } = useApp()
  const { act, busy, error } = useAct()
  const refuse = (): void =>
    act(async () => onDone({ name: letter.name, opposition: await login.opposing.oppose(letter) }))
  return (
    <>
      <Heading title={t('oppose.what')} />
      <Failure error={error} here={late} />
      <p>
        {t('oppose.known')} <b>{letter.name}</b>
      </p>
      <ul>
        <li>{t('oppose.what1')}</li>
        <li>{t('oppose.what2')}</li>
        <li>{t('oppose.what3')}</li>
      </ul>
      <p>{t('oppose.stays')}</p>
      <Notice icon="alert" care>
        <p>{t('oppose.care')}</p>
      </Notice>
      <Sure label={t('oppose.do')} icon="no" yes={t('oppose.yes')} no={t('oppose.no')} waiting={busy} onYes={refuse}>
        <p>{t('oppose.ask')}</p>
      </Sure>
      {busy && <Waiting>{t('oppose.working')}</Waiting>}
      <Button look="plain" icon="back" onPress={onBack}>
        {t('oppose.back')}
      </Button>
    </>
  )
}

const late: Here = cause => (isRefusal(cause, 'tooLate') ? ['oppose.late', 'oppose.lateText'] : undefined)

/** It stays on the screen until the person goes on: nothing here says it again. */
function Receipt({ name, opposition }: Done): JSX.Element {
  const { screen } = useApp()
  const day = longDay(toDate(opposition.opposedOn))
  const facts = [
    [t('oppose.receiptFor'), name],
    [t('oppose.receiptOn'), day],
    [t('oppose.receiptAt'), screen.origin],
  ] as const
  const save = (): void => {
    const lines = [t('oppose.receipt'), ...facts.map(([word, value]) => `${word} : ${value}`)]
    const text = [...lines, `${t('oppose.receiptNumber')} : ${opposition.receipt}`, t('oppose.receiptText'), ''].join('\r\n')
    screen.save(utf8(text), t('oppose.file'), 'text/plain')
  }
  return (
    <>
      <Heading title={t('oppose.doneTitle')} />
      <p>{t('oppose.done')}</p>
      <section class="kit" aria-labelledby="receipt">
        <h2 id="receipt">{t('oppose.receipt')}</h2>
        <dl class="facts">
          {facts.map(([word, value]) => (
            <>
              <dt>{word}</dt>
              <dd>{value}</dd>
            </>
          ))}
          <dt>{t('oppose.receiptNumber')}</dt>
          <dd class="receipt-number">{inFours(opposition.receipt)}</dd>
        </dl>
        <p>{t('oppose.receiptText')}</p>
      </section>
      <div class="buttons">
        <Button look="main" icon="print" onPress={screen.print}>
          {t('oppose.print')}
        </Button>
        <Button icon="save" onPress={save}>
          {t('oppose.save')}
        </Button>
      </div>
      <p>
        <a href={places.WELCOME}>{t('close.leave')}</a>
      </p>
    </>
  )
}

/** "oabc defg ...": copied by hand, it is found again. */
const inFours = (receipt: string): string => (receipt.match(/.{1,4}/g) ?? []).join(' ')
