/** Whose mailbox is open: a line to change it, and a band that nobody overlooks while it is somebody else's. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { Held } from '../session/carers.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icons.tsx'
import { t } from '../words/words.ts'
import { called } from './account/called.ts'
import { announce } from './announcement.ts'
import { useApp } from './context.ts'
import * as places from './places.ts'
import { Failure } from './refusals.tsx'
import { notSwitched, switched, switching } from './switching.ts'

type Switch = {
  /** A letter or a file is under way: it would be lost with its mailbox. */
  readonly leaving: boolean
  readonly busy: boolean
  readonly open: (held: Held) => void
  readonly back: () => void
}

export function useSwitch(): Switch {
  const { session } = useApp()
  const { route } = useLocation()
  const leaving = session.sending
  const change = async (work: () => Promise<void>, said: string): Promise<void> => {
    if (!(await switched(work))) return
    announce(said)
    route(places.MESSAGES)
  }
  return {
    leaving,
    busy: leaving || switching.value,
    open: held => void change(() => session.carers.open(held.account), t('carers.opened', called(held))),
    back: () => void change(() => session.carers.back(), t('carers.openedOwn')),
  }
}

/** The held mailboxes are asked for when one's own is open; whoever has none sees nothing of this. */
function useHeld(): readonly Held[] {
  const { session } = useApp()
  const loaded = session.loaded.value
  useEffect(() => {
    // The page of the carers asks again, and says what went wrong.
    if (loaded) session.carers.load().catch(() => undefined)
  }, [session, loaded])
  return session.carers.held.value
}

export function Switcher(): JSX.Element | null {
  const { session } = useApp()
  const held = useHeld()
  const { leaving, busy, open, back } = useSwitch()
  const [shown, setShown] = useState(false)
  const acting = session.acting.value
  const account = session.unlocked.value?.account
  const others = held.filter(one => one.account !== account)
  if (!acting && others.length === 0) return null
  const now = held.find(one => one.account === account)
  const choose = (one: Held): void => {
    setShown(false)
    open(one)
  }
  return (
    <section class={acting ? 'whose whose-other no-print' : 'whose no-print'} aria-label={t('carers.whose')}>
      <p class="whose-now">
        <Icon name={acting ? 'people' : 'person'} />
        <span>{acting ? <Acting name={now === undefined ? t('carers.somebody') : called(now)} /> : t('carers.inOwn')}</span>
      </p>
      <div class="whose-acts">
        {acting && (
          <Button look="main" waiting={busy} onPress={back}>
            {t('carers.back')}
          </Button>
        )}
        {others.length > 0 && (
          <Button look="plain" expanded={shown} onPress={() => setShown(!shown)}>
            {t('carers.change')}
          </Button>
        )}
      </div>
      {shown && (
        <ul class="whose-list">
          {others.map(one => (
            <li key={one.account}>
              <Button icon="letter" waiting={busy} onPress={() => choose(one)}>
                {t('carers.openOf', called(one))}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {leaving && <p class="whose-wait">{t('carers.leaving')}</p>}
      <Failure error={notSwitched.value} />
    </section>
  )
}

const Acting = ({ name }: { readonly name: string }): JSX.Element => (
  <>
    <strong>{t('carers.inOther', name)}</strong> {t('carers.inOtherText')}
  </>
)

export function BackHome(): JSX.Element {
  const { busy, back } = useSwitch()
  return (
    <Button waiting={busy} onPress={back}>
      {t('carers.back')}
    </Button>
  )
}
