/** On the new device: a code for the device that has the keys, then six digits to compare. Both devices ask the person. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { CryptoError } from '../crypto/errors.ts'
import type { PairingState } from '../session/pairing.ts'
import { Button, ButtonLink } from '../ui/button.tsx'
import { Check } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Heading } from '../ui/heading.tsx'
import { Alert, Aside, Waiting } from '../ui/notice.tsx'
import { QrCode } from '../ui/qr.tsx'
import { time } from '../words/dates.ts'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { Digits } from './digits.tsx'
import { CodeGroups } from './kit.tsx'
import * as places from './places.ts'
import { Failure, type Here } from './refusals.tsx'

export function PairNew(): JSX.Element {
  const { login } = useApp()
  const { route } = useLocation()
  const { pairing } = login
  const [trust, setTrust] = useState(false)
  const state = pairing.state.value
  useEffect(() => () => void pairing.cancel(), [pairing])
  useEffect(() => {
    if (state.kind === 'done') route(places.MESSAGES, true)
  }, [state.kind, route])
  const begin = (): void => void pairing.begin(trust)
  return (
    <div class="door-card">
      <Stage state={state} trust={trust} onTrust={setTrust} onBegin={begin} onConfirm={() => pairing.confirm()} onStop={() => void pairing.cancel()} />
    </div>
  )
}

type StageProps = {
  readonly state: PairingState
  readonly trust: boolean
  readonly onTrust: (trust: boolean) => void
  readonly onBegin: () => void
  readonly onConfirm: () => void
  readonly onStop: () => void
}

function Stage({ state, trust, onTrust, onBegin, onConfirm, onStop }: StageProps): JSX.Element {
  switch (state.kind) {
    case 'idle':
      return <Start trust={trust} onTrust={onTrust} onBegin={onBegin} />
    case 'starting':
      return <Underway words={t('pairNew.starting')} />
    case 'showing':
      return <Shown {...state} onStop={onStop} />
    case 'comparing':
      return <Compare {...state} onConfirm={onConfirm} onStop={onStop} />
    case 'opening':
    case 'done':
      return <Underway words={t('login.opening')} />
    case 'expired':
      return <Over error={undefined} onBegin={onBegin} />
    case 'failed':
      return <Over error={{ cause: state.error }} onBegin={onBegin} />
    default:
      return state satisfies never
  }
}

const Underway = ({ words }: { readonly words: string }): JSX.Element => (
  <>
    <Heading title={t('pairNew.title')} />
    <Waiting>{words}</Waiting>
  </>
)

type StartProps = Pick<StageProps, 'trust' | 'onTrust' | 'onBegin'>

const Start = ({ trust, onTrust, onBegin }: StartProps): JSX.Element => (
  <Form onSubmit={onBegin}>
    <Heading title={t('pairNew.title')} />
    <p>{t('pairNew.text')}</p>
    <p>{t('pairNew.need')}</p>
    <Check label={t('code.trust')} checked={trust} onValue={onTrust} />
    <div class="buttons">
      <Button type="submit" look="main">
        {t('pairNew.begin')}
      </Button>
      <ButtonLink look="plain" href={places.LOGIN}>
        {t('pairNew.back')}
      </ButtonLink>
    </div>
  </Form>
)

type ShownProps = { readonly code: string; readonly address: string; readonly until: number; readonly onStop: () => void }

const Shown = ({ code, address, until, onStop }: ShownProps): JSX.Element => (
  <>
    <Heading title={t('pairNew.shownTitle')} />
    <ol>
      <li>{t('pairNew.how1')}</li>
      <li>{t('pairNew.how2')}</li>
      <li>{t('pairNew.how3')}</li>
    </ol>
    <QrCode text={address} label={t('pairNew.qr')} />
    <p>{t('pairNew.typed', t('pairOld.title'))}</p>
    <CodeGroups code={code} />
    <Aside icon="clock">{t('pairNew.until', time(new Date(until)))}</Aside>
    <Waiting>{t('pairNew.waiting')}</Waiting>
    <Button onPress={onStop}>{t('pairNew.stop')}</Button>
  </>
)

type CompareProps = Pick<StageProps, 'onConfirm' | 'onStop'> & { readonly digits: string; readonly confirmed: boolean }

const Compare = ({ digits, confirmed, onConfirm, onStop }: CompareProps): JSX.Element => (
  <>
    <Heading title={t('pairNew.compareTitle')} />
    <p>{t('pairNew.compare')}</p>
    <Digits digits={digits} />
    {confirmed ? (
      <>
        <p>{t('pairNew.confirmed')}</p>
        <Waiting>{t('pairNew.waiting')}</Waiting>
        <Button onPress={onStop}>{t('pairNew.stop')}</Button>
      </>
    ) : (
      <>
        <p>{t('pairNew.different')}</p>
        <div class="buttons">
          <Button look="main" onPress={onConfirm}>
            {t('pairNew.same')}
          </Button>
          <Button onPress={onStop}>{t('pairNew.stop')}</Button>
        </div>
      </>
    )}
  </>
)

type OverProps = { readonly error: { readonly cause: unknown } | undefined; readonly onBegin: () => void }

const Over = ({ error, onBegin }: OverProps): JSX.Element => (
  <>
    <Heading title={t('pairNew.title')} />
    {error === undefined ? (
      <Alert title={t('pairNew.expired')}>
        <p>{t('pairNew.expiredText')}</p>
      </Alert>
    ) : (
      <Failure error={error} here={atPairing} />
    )}
    <div class="buttons">
      <Button look="main" onPress={onBegin}>
        {t('pairNew.again')}
      </Button>
      <ButtonLink look="plain" href={places.LOGIN}>
        {t('pairNew.back')}
      </ButtonLink>
    </div>
  </>
)

/** What came did not fit: another signer, another account, a box that stays closed (docs/spec/pairing.md, Must refuse). */
const atPairing: Here = cause =>
  cause instanceof CryptoError ? ['pairNew.refused', 'pairNew.refusedText'] : undefined
