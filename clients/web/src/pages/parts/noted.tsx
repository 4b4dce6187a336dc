/** An appointment of one's own: change it, or delete it from every device. */
import type { JSX } from 'preact'
import type { AgendaEntry } from '../../session/entries.ts'
import { ButtonLink } from '../../ui/button.tsx'
import { Sure } from '../../ui/sure.tsx'
import { t } from '../../words/words.ts'
import { announce } from '../announcement.ts'
import { useApp } from '../context.ts'
import * as places from '../places.ts'
import { Failure } from '../refusals.tsx'
import { useAct } from '../useact.ts'

export function NotedActs({ entry }: { readonly entry: AgendaEntry }): JSX.Element {
  const { session } = useApp()
  const { act, busy, error } = useAct()
  const remove = (): void =>
    act(async () => {
      await session.diary.remove(entry)
      announce(t('diary.removed'))
    })
  return (
    <>
      <Failure error={error} />
      <div class="card-acts">
        <ButtonLink look="plain" icon="edit" href={`${places.NOTE}/${entry.from.id}`}>
          {t('diary.change')}
        </ButtonLink>
        <Sure label={t('diary.remove')} icon="close" yes={t('diary.removeYes')} no={t('confirm.no')} waiting={busy} onYes={remove}>
          <p>{t('diary.removeAsk')}</p>
        </Sure>
      </div>
    </>
  )
}
