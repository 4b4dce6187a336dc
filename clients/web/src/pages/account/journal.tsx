/** Who did what in this mailbox, in plain words, the newest first; checked on this device before it is shown. */
import type { JSX } from 'preact'
import { useCallback, useState } from 'preact/hooks'
import { BrokenLog } from '../../session/accesslog.ts'
import { Button } from '../../ui/button.tsx'
import { Alert, Aside, Mark } from '../../ui/notice.tsx'
import type { AccessLogEntry } from '../../wire/types.ts'
import { longDay, time } from '../../words/dates.ts'
import { t } from '../../words/words.ts'
import { useApp } from '../context.ts'
import { Failure } from '../refusals.tsx'
import { useAct } from '../useact.ts'
import { actOf, actorOf, byDay, outcomeOf } from './acts.ts'
import { Loading } from './loading.tsx'
import { AccountSection } from './section.tsx'
import { useLoaded } from './useloaded.ts'

export const JournalPage = (): JSX.Element => (
  <AccountSection title={t('journal.title')}>
    <p>{t('journal.text')}</p>
    <Journal />
  </AccountSection>
)

type Names = ReadonlyMap<string, string>
/** `devices` and `people`: what the person calls them, by id and by account. */
type Shown = { readonly rows: readonly AccessLogEntry[]; readonly devices: Names; readonly people: Names }

function Journal(): JSX.Element {
  const { session } = useApp()
  const load = useCallback(async (): Promise<Shown> => {
    const rows = await session.accessLog.newest()
    // Of a mailbox that is held nobody's devices are seen.
    const devices = session.acting.value ? [] : await session.devices.list()
    await session.carers.load()
    const people = session.carers.carers.value.filter(({ name }) => name !== '')
    return {
      rows,
      devices: new Map(devices.flatMap(({ id, name }) => (name === undefined ? [] : [[id, name]]))),
      people: new Map(people.map(({ account, name }) => [account, name])),
    }
  }, [session])
  const loaded = useLoaded(load)
  if (loaded.error?.cause instanceof BrokenLog) return <Broken at={loaded.error.cause.seq} />
  return (
    <>
      <Loading of={loaded} />
      {loaded.value !== undefined && <Rows first={loaded.value} />}
    </>
  )
}

const Broken = ({ at }: { readonly at: number }): JSX.Element => (
  <Alert title={t('journal.broken')}>
    <p>{t('journal.brokenText', String(at))}</p>
  </Alert>
)

function Rows({ first }: { readonly first: Shown }): JSX.Element {
  const { session } = useApp()
  const [rows, setRows] = useState(first.rows)
  const { act, busy, error } = useAct()
  const last = rows.at(-1)
  const older = (): void => {
    if (last !== undefined) act(async () => setRows([...rows, ...(await session.accessLog.before(last))]))
  }
  if (error?.cause instanceof BrokenLog) return <Broken at={error.cause.seq} />
  return (
    <>
      <Aside icon="shield">{t('journal.proved')}</Aside>
      {byDay(rows).map(([day, acts]) => (
        <section key={day.toDateString()} class="journal-day">
          <h2>{longDay(day)}</h2>
          <ol class="journal">
            {acts.map(row => (
              <Act key={row.id} row={row} shown={first} />
            ))}
          </ol>
        </section>
      ))}
      <Failure error={error} />
      {last === undefined || last.seq === 1 ? (
        <p>{t('journal.all')}</p>
      ) : (
        <Button waiting={busy} onPress={older}>
          {t('journal.older')}
        </Button>
      )}
    </>
  )
}

type ActProps = { readonly row: AccessLogEntry; readonly shown: Shown }

function Act({ row, shown }: ActProps): JSX.Element {
  const device = row.device === null ? undefined : shown.devices.get(row.device)
  const outcome = outcomeOf(row)
  return (
    <li class="journal-act">
      <time dateTime={row.at}>{time(new Date(row.at))}</time>
      <span>
        <b>{actOf(row)}</b> {outcome !== undefined && <Mark look="care">{outcome}</Mark>}
        <span class="rows-text">
          {actorOf(row, shown.people)}
          {device !== undefined && ` · ${device}`}
        </span>
      </span>
    </li>
  )
}
