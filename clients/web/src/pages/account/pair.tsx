/** Adding a device, on the one that has the keys: read the other one's code, compare six digits, hand the keys over. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { CryptoError } from '../../crypto/errors.ts'
import { type Found, readPairing } from '../../session/pairing.ts'
import { Button } from '../../ui/button.tsx'
import { CodeField } from '../../ui/codefield.tsx'
import { Form } from '../../ui/form.tsx'
import { inGroups } from '../../ui/groups.ts'
import { Heading } from '../../ui/heading.tsx'
import { Notice, Waiting } from '../../ui/notice.tsx'
import { isRefusal } from '../../wire/errors.ts'
import { time, toDate } from '../../words/dates.ts'
import { t } from '../../words/words.ts'
import { useConfirm } from '../confirm.tsx'
import { useApp } from '../context.ts'
import { Digits } from '../digits.tsx'
import type { Said } from '../distrust.ts'
import { isPairing } from '../lettercode.ts'
import * as places from '../places.ts'
import { Failure } from '../refusals.tsx'
import { useAct } from '../useact.ts'
import { Done } from './done.tsx'
import { Scan } from './scan.tsx'
import { OwnOnly } from './section.tsx'

type Step = { readonly kind: 'reading' | 'done' | 'refused' } | { readonly kind: 'comparing'; readonly found: Found }

export function PairPage(): JSX.Element {
  const { session, forgetFragment } = useApp()
  const [step, setStep] = useState<Step>({ kind: 'reading' })
  useEffect(
    () => () => {
      // Whoever leaves the page has not said that the digits are the same.
      void session.pairing.refuse()
      forgetFragment()
    },
    [session, forgetFragment],
  )
  return (
    <OwnOnly title={t('pairOld.title')}>
      <PairStep step={step} onStep={setStep} />
    </OwnOnly>
  )
}

type PairStepProps = { readonly step: Step; readonly onStep: (step: Step) => void }

function PairStep({ step, onStep }: PairStepProps): JSX.Element {
  switch (step.kind) {
    case 'reading':
      return <Reading onFound={found => onStep({ kind: 'comparing', found })} />
    case 'comparing':
      return <Comparing found={step.found} onStep={onStep} />
    case 'done':
      return (
        <Done title={t('pairOld.doneTitle')} to={places.DEVICES} way={t('pairOld.toDevices')}>
          <p>{t('pairOld.done')}</p>
        </Done>
      )
    case 'refused':
      return <Refused onAgain={() => onStep({ kind: 'reading' })} />
  }
}

function Reading({ onFound }: { readonly onFound: (found: Found) => void }): JSX.Element {
  const { session, fragment } = useApp()
  const carried = isPairing(fragment)
  const [code, setCode] = useState(carried ? carriedCode(fragment) : '')
  const [missing, setMissing] = useState(false)
  const { act, busy, error } = useAct()
  const find = (text: string): void => {
    if (!busy) act(async () => onFound(await session.pairing.find(text)))
  }
  const submit = (): void => {
    setMissing(code === '')
    if (code !== '') find(code)
  }
  return (
    <Form onSubmit={submit}>
      <Heading title={t('pairOld.title')} />
      <Failure error={error} here={wrongHere} />
      <Notice icon="alert" care>
        <p>{t('pairOld.care')}</p>
      </Notice>
      <ol>
        <li>{t('pairOld.how1')}</li>
        <li>{t('pairOld.how2', t('pairNew.link'))}</li>
        <li>{t('pairOld.how3')}</li>
      </ol>
      {carried && <p class="told">{t('pairOld.carried')}</p>}
      <Scan onText={find} busy={busy} />
      <CodeField
        label={t('pairOld.code')}
        must
        hint={t('pairOld.codeHint')}
        value={code}
        onValue={value => setCode(inGroups(value))}
        wrong={missing ? t('pairOld.codeMissing') : undefined}
      />
      <Button type="submit" look="main" waiting={busy}>
        {t('activation.next')}
      </Button>
      {busy && <Waiting>{t('pairOld.finding')}</Waiting>}
    </Form>
  )
}

type ComparingProps = { readonly found: Found; readonly onStep: (step: Step) => void }

function Comparing({ found, onStep }: ComparingProps): JSX.Element {
  const { session } = useApp()
  const { digits, network, since, origin } = found
  const { act, busy, error } = useAct()
  const { confirmed, dialog } = useConfirm()
  const same = (): void =>
    act(() =>
      confirmed(async () => {
        await session.pairing.approve()
        onStep({ kind: 'done' })
      }),
    )
  const other = (): void =>
    act(async () => {
      await session.pairing.refuse()
      onStep({ kind: 'refused' })
    })
  return (
    <>
      <Heading title={t('pairOld.compareTitle')} />
      <Failure error={error} here={wrongHere} />
      <p>{t('pairOld.compare')}</p>
      <Digits digits={digits} />
      <Notice icon="alert" care>
        <p>{t('pairOld.asks', time(toDate(since)), network)}</p>
        <p>{t('pairOld.asksAt', origin)}</p>
        <p>{t('pairOld.compareCare')}</p>
      </Notice>
      <div class="buttons">
        <Button look="main" waiting={busy} onPress={same}>
          {t('pairOld.same')}
        </Button>
        <Button waiting={busy} onPress={other}>
          {t('pairOld.other')}
        </Button>
      </div>
      {busy && <Waiting>{t('pairOld.giving')}</Waiting>}
      {dialog}
    </>
  )
}

const Refused = ({ onAgain }: { readonly onAgain: () => void }): JSX.Element => (
  <>
    <Heading title={t('pairOld.refusedTitle')} />
    <Notice>
      <p>{t('pairOld.refused')}</p>
    </Notice>
    <Button onPress={onAgain}>{t('pairOld.again')}</Button>
  </>
)

/** In groups; empty when the address carried no code. */
function carriedCode(fragment: string): string {
  try {
    return inGroups(readPairing(fragment))
  } catch {
    return ''
  }
}

function wrongHere(error: unknown): Said | undefined {
  if (isRefusal(error, 'notFound')) return ['pairOld.gone', 'pairOld.goneText']
  if (!(error instanceof CryptoError)) return undefined
  if (error.kind === 'BadCode') return ['pairOld.badCode', 'pairOld.badCodeText']
  return error.kind === 'CannotOpen' ? ['pairOld.otherKey', 'pairOld.otherKeyText'] : undefined
}
