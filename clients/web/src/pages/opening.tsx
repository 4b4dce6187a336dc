/**
 * From a code that fits to an open account: a password, the recovery sheet, a second lock. A letter and a sheet share it.
 *
 * Law: what was typed stays until the account is open, also when a ticket ran out and the code is asked for once more.
 */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { newTotpSecret } from '../session/totp.ts'
import { Button } from '../ui/button.tsx'
import { isRefusal } from '../wire/errors.ts'
import { Begun } from './begun.tsx'
import { useApp } from './context.ts'
import type { Said } from './distrust.ts'
import { RecoveryKit } from './kit.tsx'
import { NewPassword } from './newpassword.tsx'
import { NewProof } from './newproof.tsx'
import { Failure } from './refusals.tsx'
import { Step } from './step.tsx'
import type { Act } from './useact.ts'

/** How far the person is. `keptFor` is the log-in name on the sheet that they have. */
export type Opening = {
  readonly secret: string
  readonly begun: boolean
  readonly password: string | undefined
  readonly keptFor: string | undefined
  readonly go: (further: Partial<Pick<Opening, 'begun' | 'password' | 'keptFor'>>) => void
}

export function useOpening(): Opening {
  const { login } = useApp()
  const [secret] = useState(newTotpSecret)
  const [at, setAt] = useState<Pick<Opening, 'begun' | 'password' | 'keptFor'>>({
    begun: false,
    password: undefined,
    keptFor: undefined,
  })
  // Whoever leaves midway leaves no code behind.
  useEffect(() => () => void login.abandonKit(), [login])
  return { secret, ...at, go: further => setAt(before => ({ ...before, ...further })) }
}

type OpeningStepsProps = {
  readonly opening: Opening
  readonly name: string
  readonly words: {
    readonly title: string
    readonly note?: string
    readonly kit?: string
    readonly done: string
    readonly working: string
    readonly again: string
  }
  readonly send: (password: string, digits: string) => Promise<void>
  /** The code is asked for once more. */
  readonly onAgain: () => void
}

export function OpeningSteps({ opening, name, words, send, onAgain }: OpeningStepsProps): JSX.Element {
  const { login } = useApp()
  const { begun, password, keptFor, secret, go } = opening
  if (!begun) return <Begun title={words.title} name={name} {...noted(words.note)} onNext={() => go({ begun: true })} />
  if (password === undefined) {
    return <NewPassword above={<Step number={2} />} name={name} onPassword={given => go({ password: given })} />
  }
  if (keptFor !== name) {
    const kit = words.kit === undefined ? {} : { text: words.kit }
    return <RecoveryKit above={<Step number={3} />} {...kit} make={() => login.kit(name)} onKept={() => go({ keptFor: name })} />
  }
  return (
    <NewProof
      above={<Step number={4} />}
      name={name}
      secret={secret}
      onProved={digits => send(password, digits)}
      done={words.done}
      working={words.working}
      failure={error => <Stopped error={error} again={words.again} onAgain={onAgain} />}
    />
  )
}

const noted = (note: string | undefined): { readonly note?: string } => (note === undefined ? {} : { note })

const EXPIRED: Said = ['activation.expired', 'activation.expiredText']
const isOver = (cause: unknown): boolean => isRefusal(cause, 'ticketExpired') || isRefusal(cause, 'wrongCredentials')

type StoppedProps = { readonly error: Act['error']; readonly again: string; readonly onAgain: () => void }

/** The session asks for another ticket by itself. Where even that fails, the code has to be typed again. */
const Stopped = ({ error, again, onAgain }: StoppedProps): JSX.Element => (
  <>
    <Failure error={error} here={cause => (isOver(cause) ? EXPIRED : undefined)} />
    {isOver(error?.cause) && (
      <div class="buttons">
        <Button onPress={onAgain}>{again}</Button>
      </div>
    )}
  </>
)
