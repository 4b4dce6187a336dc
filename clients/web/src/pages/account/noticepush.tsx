/** Notices on this device, while Pli is closed: asked for here, given or refused by the browser. */
import type { JSX } from 'preact'
import { useCallback, useState } from 'preact/hooks'
import type { PushState } from '../../session/notices.ts'
import { Button } from '../../ui/button.tsx'
import { Alert } from '../../ui/notice.tsx'
import { isRefusal } from '../../wire/errors.ts'
import { t, type PlainWord } from '../../words/words.ts'
import { announce } from '../announcement.ts'
import { useApp } from '../context.ts'
import type { Said } from '../distrust.ts'
import { Failure } from '../refusals.tsx'
import { useAct } from '../useact.ts'
import { Loading } from './loading.tsx'
import { Outcome } from './outcome.tsx'
import { useLoaded } from './useloaded.ts'

const STATES: Readonly<Record<PushState, PlainWord>> = {
  on: 'notices.pushOn',
  off: 'notices.pushOff',
  refused: 'notices.pushRefused',
  impossible: 'notices.pushImpossible',
}

export function OnThisDevice(): JSX.Element {
  const { session, screen } = useApp()
  const load = useCallback(() => session.notices.pushState(screen.pushing), [session, screen])
  const state = useLoaded(load)
  return (
    <section class="apart">
      <h2>{t('notices.push')}</h2>
      <Loading of={state} />
      {state.value !== undefined && (
        <>
          <p>{t(STATES[state.value])}</p>
          {state.value === 'off' && <Start onChanged={state.again} />}
          {state.value === 'on' && <Started onChanged={state.again} />}
        </>
      )}
      <p class="hint">{t('notices.pushOther')}</p>
    </section>
  )
}

type ChangedProps = { readonly onChanged: () => Promise<void> }

function Start({ onChanged }: ChangedProps): JSX.Element {
  const { session, screen } = useApp()
  const { act, busy, error } = useAct()
  const [failed, setFailed] = useState(false)
  const start = (): void =>
    act(async () => {
      const isOn = await session.notices.startPush(screen.pushing)
      setFailed(!isOn)
      if (isOn) announce(t('notices.pushStarted'))
      await onChanged()
    })
  return (
    <>
      <Failure error={error} here={noPush} />
      {failed && (
        <Alert title={t('notices.pushNotStarted')}>
          <p>{t('notices.pushNotStartedText')}</p>
        </Alert>
      )}
      <Button icon="device" waiting={busy} onPress={start}>
        {t('notices.pushStart')}
      </Button>
    </>
  )
}

function Started({ onChanged }: ChangedProps): JSX.Element {
  const { session, screen } = useApp()
  const { act, busy, error } = useAct()
  const [said, setSaid] = useState('')
  const trial = (): void =>
    act(async () => setSaid(t((await session.notices.test('push')) ? 'notices.testPushSent' : 'notices.testNone')))
  const stop = (): void =>
    act(async () => {
      await session.notices.stopPush(screen.pushing)
      announce(t('notices.pushStopped'))
      await onChanged()
    })
  return (
    <>
      <Failure error={error} />
      <div class="buttons">
        <Button icon="device" waiting={busy} onPress={trial}>
          {t('notices.testPush')}
        </Button>
        <Button look="plain" icon="close" waiting={busy} onPress={stop}>
          {t('notices.pushStop')}
        </Button>
      </div>
      <Outcome text={said} />
    </>
  )
}

const noPush = (error: unknown): Said | undefined =>
  isRefusal(error, 'forbidden') ? ['notices.noPush', 'notices.noPushText'] : undefined
