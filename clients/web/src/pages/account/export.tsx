/** Everything in one file, made in this browser as it goes: how far it is, stopping it, and what could not be taken along. */
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Exported } from '../../session/exporting.ts'
import { Button } from '../../ui/button.tsx'
import { Alert, Notice, Progress, Waiting } from '../../ui/notice.tsx'
import { fileSize } from '../../words/dates.ts'
import { t } from '../../words/words.ts'
import { announce } from '../announcement.ts'
import { useApp } from '../context.ts'
import { Failure } from '../refusals.tsx'
import { AccountSection } from './section.tsx'

type State =
  | { readonly kind: 'idle'; readonly error?: { readonly cause: unknown } }
  | { readonly kind: 'working'; readonly done: number; readonly all: number }
  | { readonly kind: 'done'; readonly exported: Exported }

export function ExportPage(): JSX.Element {
  const { session } = useApp()
  return (
    <AccountSection title={t('export.title')}>
      <p>{t('export.text')}</p>
      <Notice icon="lock" care>
        <p>{t('export.care')}</p>
      </Notice>
      {session.loaded.value ? <Exporting /> : <Waiting>{t('messages.loading')}</Waiting>}
    </AccountSection>
  )
}

function Exporting(): JSX.Element {
  const { state, begin, stop } = useExport()
  if (state.kind === 'working') return <Working done={state.done} all={state.all} onStop={stop} />
  if (state.kind === 'done') return <Done exported={state.exported} onAgain={begin} />
  return (
    <>
      <Failure error={state.error} />
      <Button look="main" icon="save" onPress={begin}>
        {t('export.do')}
      </Button>
    </>
  )
}

/** Whoever leaves the page stops it. */
function useExport(): { readonly state: State; readonly begin: () => void; readonly stop: () => void } {
  const { session, screen } = useApp()
  const [state, setState] = useState<State>({ kind: 'idle' })
  const stopping = useRef<AbortController | undefined>(undefined)
  useEffect(() => () => stopping.current?.abort(), [])
  const run = async (stop: AbortSignal): Promise<void> => {
    try {
      const now = new Date()
      const { exportAll } = await import('../../session/exporting.ts')
      const onLetter = (done: number, all: number): void => {
        if (!stop.aborted) setState({ kind: 'working', done, all })
      }
      const exported = await exportAll(session, now, { onLetter, stop })
      if (stop.aborted) return
      screen.save(exported.archive, `${t('export.fileName')}-${now.toISOString().slice(0, 10)}.zip`, 'application/zip')
      announce(t('export.done'))
      setState({ kind: 'done', exported })
    } catch (cause) {
      if (!stop.aborted) setState({ kind: 'idle', error: { cause } })
    }
  }
  const begin = (): void => {
    stopping.current = new AbortController()
    setState({ kind: 'working', done: 0, all: 0 })
    void run(stopping.current.signal)
  }
  const stop = (): void => {
    stopping.current?.abort()
    announce(t('export.stopped'))
    setState({ kind: 'idle' })
  }
  return { state, begin, stop }
}

type WorkingProps = { readonly done: number; readonly all: number; readonly onStop: () => void }

function Working({ done, all, onStop }: WorkingProps): JSX.Element {
  return (
    <section class="working">
      <Progress label={t('export.progress')} done={all === 0 ? 0 : done / all} />
      <p>{all === 0 ? t('export.progress') : t('export.working', Math.min(done + 1, all), all)}</p>
      <Button icon="close" onPress={onStop}>
        {t('export.stop')}
      </Button>
    </section>
  )
}

function Done({ exported, onAgain }: { readonly exported: Exported; readonly onAgain: () => void }): JSX.Element {
  const { archive, letters, files, unreadable, lost } = exported
  return (
    <>
      <Notice icon="yes">
        <p>
          <strong>{t('export.done')}</strong>
        </p>
        <p>{t('export.doneText', t('export.letters', letters), t('export.files', files), fileSize(archive.size))}</p>
      </Notice>
      {unreadable > 0 && (
        <Notice icon="alert" care>
          <p>{t('export.missing', unreadable)}</p>
        </Notice>
      )}
      {lost.length > 0 && (
        <Alert title={t('export.lostList')}>
          <p>{t('export.lost', lost.length)}</p>
          <ul>
            {lost.map((name, at) => (
              <li key={at}>{name}</li>
            ))}
          </ul>
        </Alert>
      )}
      <Button icon="save" onPress={onAgain}>
        {t('export.again')}
      </Button>
    </>
  )
}
