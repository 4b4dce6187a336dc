/** Closing the open mailbox: what happens, what to do before, then once more: are you sure? */
import type { JSX } from 'preact'
import { useLocation } from 'preact-iso'
import { Notice } from '../../ui/notice.tsx'
import { Sure } from '../../ui/sure.tsx'
import { isRefusal } from '../../wire/errors.ts'
import { longDay, toDate } from '../../words/dates.ts'
import { t } from '../../words/words.ts'
import { announce } from '../announcement.ts'
import { useConfirm } from '../confirm.tsx'
import { useApp } from '../context.ts'
import * as places from '../places.ts'
import { Failure, type Here } from '../refusals.tsx'
import { useAct } from '../useact.ts'
import { AccountSection } from './section.tsx'

export function ClosePage(): JSX.Element {
  const { session } = useApp()
  const hasKit = session.unlocked.value?.slots.some(({ type }) => type === 'recovery') ?? false
  return (
    <AccountSection title={t(session.acting.value ? 'close.titleOther' : 'close.title')}>
      <h2>{t('close.what')}</h2>
      <ul>
        <li>{t('close.what1')}</li>
        <li>{t('close.what2')}</li>
        <li>{t('close.what3')}</li>
        <li>{t('close.what4')}</li>
      </ul>
      <h2>{t('close.before')}</h2>
      <ul>
        <li>
          <a href={places.EXPORT}>{t('close.export')}</a>
        </li>
        <li>
          <a href={places.RECOVERY_KIT}>{t('close.kit')}</a>
        </li>
      </ul>
      {!hasKit && (
        <Notice icon="alert" care>
          <p>{t('close.kitNone')}</p>
        </Notice>
      )}
      <Closing />
    </AccountSection>
  )
}

function Closing(): JSX.Element {
  const { session, login } = useApp()
  const { route } = useLocation()
  const { act, busy, error } = useAct()
  const { confirmed, dialog } = useConfirm()
  const end = (): void =>
    act(() =>
      confirmed(async () => {
        const { acting, life, carers } = session
        const held = acting.value
        await life.close()
        if (held) {
          await carers.back()
          await carers.load()
          announce(t('close.doneOther', longDay(toDate(life.closed.value?.erasedAfter ?? ''))))
          route(places.ACCOUNT, true)
        } else {
          // Inside, an address of the doors leads to the messages: first out, then there.
          await login.leave()
          route(places.CLOSED, true)
        }
      }),
    )
  return (
    <section class="apart">
      <Failure error={error} here={holding} />
      <Sure label={t('close.do')} icon="close" yes={t('close.yes')} no={t('close.no')} waiting={busy} onYes={end}>
        <p>{t('close.ask')}</p>
      </Sure>
      {dialog}
    </section>
  )
}

const holding: Here = cause => (isRefusal(cause, 'forbidden') ? ['close.holds', 'close.holdsText'] : undefined)
