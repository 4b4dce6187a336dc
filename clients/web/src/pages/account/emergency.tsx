/** A summary for when nobody can ask: deposited for a professional or a service, seen when it was opened, taken back. */
import type { JSX } from 'preact'
import { useCallback, useRef, useState } from 'preact/hooks'
import type { Known } from '../../session/aim.ts'
import { isNoGrantee, SUMMARY_LENGTH, type Deposited } from '../../session/emergencies.ts'
import { Button } from '../../ui/button.tsx'
import { Choices } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Aside, Mark, Notice } from '../../ui/notice.tsx'
import { Sure } from '../../ui/sure.tsx'
import { TextArea } from '../../ui/textarea.tsx'
import { day, dayAndTime } from '../../words/dates.ts'
import { t } from '../../words/words.ts'
import { announce } from '../announcement.ts'
import { useConfirm } from '../confirm.tsx'
import { useApp } from '../context.ts'
import { PersonSearch } from '../personsearch.tsx'
import { Chosen } from '../recipient.tsx'
import { Failure, type Here } from '../refusals.tsx'
import { useAct } from '../useact.ts'
import { Loading } from './loading.tsx'
import { AccountSection } from './section.tsx'
import { useLoaded } from './useloaded.ts'

export const EmergencyPage = (): JSX.Element => (
  <AccountSection title={t('emergency.title')}>
    <p>{t('emergency.text')}</p>
    <Notice icon="alert" care>
      <p>{t('emergency.not')}</p>
    </Notice>
    <Summaries />
  </AccountSection>
)

function Summaries(): JSX.Element {
  const { session } = useApp()
  const load = useCallback(() => session.emergencies.given(), [session])
  const given = useLoaded(load)
  const [writing, setWriting] = useState(false)
  const done = async (): Promise<void> => {
    setWriting(false)
    announce(t('emergency.done'))
    await given.again()
  }
  return (
    <>
      <section class="apart">
        <h2>{t('emergency.given')}</h2>
        <Loading of={given} />
        {given.value?.length === 0 && <p>{t('emergency.none')}</p>}
        <ul class="cards">
          {given.value?.map(grant => (
            <Card key={grant.id} grant={grant} onChanged={given.again} />
          ))}
        </ul>
      </section>
      {writing ? (
        <Deposit onDone={done} onCancel={() => setWriting(false)} />
      ) : (
        <Button icon="add" onPress={() => setWriting(true)}>
          {t('emergency.new')}
        </Button>
      )}
    </>
  )
}

type Grantee = { readonly account: string; readonly name: string }
type Days = '90' | '365'
type DepositProps = { readonly onDone: () => Promise<void>; readonly onCancel: () => void }

function Deposit({ onDone, onCancel }: DepositProps): JSX.Element {
  const { session } = useApp()
  const { act, busy, error } = useAct()
  const { confirmed, dialog } = useConfirm()
  const [to, setTo] = useState<Grantee>()
  const [text, setText] = useState(() => t('emergency.template'))
  const [days, setDays] = useState<Days>('365')
  const [tried, setTried] = useState(false)
  const isEmpty = text.trim() === '' || text === t('emergency.template')
  const submit = (): void => {
    setTried(true)
    if (to === undefined || isEmpty || busy) return
    act(() =>
      confirmed(async () => {
        await session.emergencies.deposit(to, text, Number(days))
        await onDone()
      }),
    )
  }
  return (
    <section class="apart">
      <h2>{t('emergency.new')}</h2>
      <Form onSubmit={submit}>
        <Failure error={error} here={notThem} />
        <GranteeField to={to} wrong={tried && to === undefined ? t('emergency.toMissing') : undefined} onChoose={setTo} />
        <TextArea
          label={t('emergency.summary')}
          must
          value={text}
          onValue={value => setText(value.slice(0, SUMMARY_LENGTH))}
          rows={9}
          wrong={tried && isEmpty ? t('emergency.summaryMissing') : undefined}
        />
        <Choices
          legend={t('emergency.howLong')}
          value={days}
          choices={[
            ['90', t('apps.days90')],
            ['365', t('apps.days365')],
          ]}
          onValue={setDays}
        />
        <Aside icon="lock">{t('emergency.who')}</Aside>
        <div class="buttons">
          <Button type="submit" look="main" waiting={busy}>
            {t('emergency.do')}
          </Button>
          <Button look="plain" onPress={onCancel}>
            {t('emergency.cancel')}
          </Button>
        </div>
      </Form>
      {dialog}
    </section>
  )
}

const NOBODY: readonly Known[] = []

const notThem: Here = cause => (isNoGrantee(cause) ? ['emergency.notThem', 'emergency.notThemText'] : undefined)

type GranteeProps = { readonly to: Grantee | undefined; readonly wrong: string | undefined; readonly onChoose: (to: Grantee | undefined) => void }

/** Services alone: a clinician who reads Pli in an ordinary mail program has nothing that opens a summary. */
function GranteeField({ to, wrong, onChoose }: GranteeProps): JSX.Element {
  const there = useRef<HTMLDivElement>(null)
  if (to !== undefined) return <Chosen there={there} name={to.name} line="" onChange={() => onChoose(undefined)} />
  return (
    <PersonSearch
      label={t('emergency.to')}
      hint={t('emergency.toHint')}
      people={NOBODY}
      note={() => ''}
      only={({ kind }) => kind === 'organisation'}
      wrong={wrong}
      onKnown={() => undefined}
      onListed={({ id, name }) => onChoose({ account: id, name })}
    />
  )
}

type CardProps = { readonly grant: Deposited; readonly onChanged: () => Promise<void> }

function Card({ grant, onChanged }: CardProps): JSX.Element {
  const { session } = useApp()
  const { act, busy, error } = useAct()
  const { confirmed, dialog } = useConfirm()
  const name = grant.name === '' ? t('emergency.unnamed') : grant.name
  const end = (): void =>
    act(() =>
      confirmed(async () => {
        await session.emergencies.takeBack(grant.id)
        announce(t('emergency.takenBack', name))
        await onChanged()
      }),
    )
  return (
    <li class="card">
      <h3>
        {name} {!grant.standing && <Mark>{t('apps.over')}</Mark>}
      </h3>
      <dl class="facts">
        <dt>{t('apps.since')}</dt>
        <dd>{day(new Date(grant.from))}</dd>
        <dt>{t(grant.standing ? 'apps.until' : grant.revokedAt === null ? 'apps.ended' : 'apps.takenBack')}</dt>
        <dd>{day(new Date(grant.revokedAt ?? grant.until))}</dd>
        <dt>{t('emergency.opened')}</dt>
        <dd>{grant.usedAt === null ? t('emergency.never') : dayAndTime(new Date(grant.usedAt))}</dd>
      </dl>
      {grant.usedAt !== null && <Aside icon="clock">{t('emergency.why')}</Aside>}
      {grant.text !== '' && (
        <details>
          <summary>{t('emergency.read')}</summary>
          <p class="said">{grant.text}</p>
        </details>
      )}
      <Failure error={error} />
      {grant.standing && (
        <Sure
          label={t('apps.takeBack')}
          long={t('emergency.takeBackLong', name)}
          icon="close"
          yes={t('apps.takeBackYes')}
          no={t('apps.takeBackNo')}
          waiting={busy}
          onYes={end}
        >
          <p>{t('emergency.takeBackAsk', name)}</p>
        </Sure>
      )}
      {dialog}
    </li>
  )
}
