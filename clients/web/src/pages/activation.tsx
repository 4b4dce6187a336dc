/** From the letter to an account of one's own: the code, or the two; then a password, the recovery sheet, a second lock. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { LetterTicket } from '../session/login.ts'
import { ButtonLink } from '../ui/button.tsx'
import { inGroups } from '../ui/groups.ts'
import { t } from '../words/words.ts'
import { announce } from './announcement.ts'
import { useApp } from './context.ts'
import { fromFragment } from './lettercode.ts'
import { LetterForm, type LetterTyped } from './letterform.tsx'
import { OpeningSteps, useOpening } from './opening.tsx'
import * as places from './places.ts'
import { Step } from './step.tsx'
import { useAct } from './useact.ts'

export function Activation(): JSX.Element {
  const { login, fragment } = useApp()
  const { route } = useLocation()
  const carried = fromFragment(fragment)
  const [typed, setTyped] = useState<LetterTyped>({
    name: carried.login,
    code: inGroups(carried.code),
    second: carried.two ? '' : undefined,
  })
  const [letter, setLetter] = useState<LetterTicket>()
  const opening = useOpening()
  const { act, busy, error } = useAct()
  if (letter === undefined) {
    return (
      <div class="door-card">
        <LetterForm
          typed={typed}
          onTyped={setTyped}
          carried={carried.code !== ''}
          busy={busy}
          error={error}
          above={<Step number={1} />}
          other={
            <ButtonLink look="plain" href={places.LOGIN}>
              {t('activation.login')}
            </ButtonLink>
          }
          onComplete={({ name, code, second }) => act(async () => setLetter(await login.withLetter(name, code, second)))}
        />
      </div>
    )
  }
  const send = async (password: string, digits: string): Promise<void> => {
    await login.activate(letter, password, opening.secret, digits)
    announce(t('activation.opened'))
    route(places.MESSAGES, true)
  }
  return (
    <div class="door-card">
      <OpeningSteps
        opening={opening}
        name={letter.name}
        words={{
          title: t('activation.begunTitle'),
          done: t('activation.done'),
          working: t('activation.making'),
          again: t('activation.again'),
        }}
        send={send}
        onAgain={() => setLetter(undefined)}
      />
    </div>
  )
}
