/** What is wrong with the directory of keys, above everything else; and who watches it. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { KeyProblem } from '../session/distrust.ts'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'
import { enumerate } from '../words/dates.ts'
import { t } from '../words/words.ts'
import { announce } from './announcement.ts'
import { useApp } from './context.ts'
import { noticeFor } from './distrust.ts'
import * as places from './places.ts'
import { Failure } from './refusals.tsx'
import { useAct } from './useact.ts'

function useProblem(): KeyProblem | undefined {
  const { session } = useApp()
  const trust = session.directory.value
  return trust === 'unknown' || trust === 'trusted' ? undefined : trust
}

/** The region stands there from the start: what is put into it later is announced (WCAG 2.2, 4.1.3). */
export function DirectoryNotice(): JSX.Element {
  const problem = useProblem()
  return <div role="status">{problem !== undefined && <Told problem={problem} />}</div>
}

function Told({ problem }: { readonly problem: KeyProblem }): JSX.Element {
  const { session } = useApp()
  const { act, busy, error } = useAct()
  const [title, text] = noticeFor(problem)
  return (
    <Notice icon="alert" care>
      <p>
        <strong>{t(title)}</strong>
      </p>
      <p>{t(text)}</p>
      <Failure error={error} />
      {problem === 'policyChanged' && <a href={places.ACCOUNT}>{t('trust.seeWatchers')}</a>}
      {(problem === 'logForked' || problem === 'policyChanged') && (
        <Button waiting={busy} onPress={() => act(() => session.acknowledge())}>
          {t('trust.acknowledge')}
        </Button>
      )}
    </Notice>
  )
}

/** One line beside the answer: the whole story stands above the messages. */
export function AnswerStopped(): JSX.Element | null {
  const problem = useProblem()
  if (problem === undefined) return null
  return (
    <Notice icon="alert" care>
      <p>
        {t(noticeFor(problem)[0])} {t('trust.draftKept')}
      </p>
    </Notice>
  )
}

/** Who watches the directory; and, when that changed, whether the person accepts it. */
export function Watchers(): JSX.Element {
  const { session } = useApp()
  const [watched, offered] = [session.watchers.value, session.offeredWatchers.value]
  return (
    <section class="card">
      <h2>{t('watchers.title')}</h2>
      <p>{t('watchers.text')}</p>
      {watched !== undefined && <p>{watchedBy(watched.witnesses)}</p>}
      {/* Another offer is another question: what was half accepted was the one before. */}
      {offered !== undefined && <Offered key={offered.hash} hash={offered.hash} witnesses={offered.witnesses} />}
    </section>
  )
}

const watchedBy = (names: readonly string[]): string =>
  names.length === 0 ? t('watchers.nobody') : t('watchers.names', enumerate(names))

/** Two steps: nobody accepts by a stray tap what decides whom they trust. */
function Offered({ hash, witnesses }: { readonly hash: string; readonly witnesses: readonly string[] }): JSX.Element {
  const { session } = useApp()
  const [asking, setAsking] = useState(false)
  const { act, busy, error } = useAct()
  const accept = (): void =>
    act(async () => {
      await session.acceptPolicy(hash)
      announce(t('watchers.accepted'))
    })
  return (
    <Notice icon="alert" care>
      <p>
        <strong>{t('trust.policyTitle')}</strong>
      </p>
      <p>{witnesses.length === 0 ? t('watchers.newNobody') : t('watchers.newNames', enumerate(witnesses))}</p>
      <p>{t('watchers.confirmText')}</p>
      <Failure error={error} />
      {asking ? (
        <div class="buttons">
          <Button look="main" waiting={busy} onPress={accept}>
            {t('watchers.confirm')}
          </Button>
          <Button look="plain" onPress={() => setAsking(false)}>
            {t('watchers.cancel')}
          </Button>
        </div>
      ) : (
        <Button onPress={() => setAsking(true)}>{t('watchers.accept')}</Button>
      )}
    </Notice>
  )
}
