/** The camera, for the code of a new device. Only where the browser reads such codes by itself; typing always works. */
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { readPairing } from '../../session/pairing.ts'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { t } from '../../words/words.ts'
import { useApp } from '../context.ts'

type ScanProps = { readonly onText: (text: string) => void; readonly busy: boolean }

export function Scan({ onText, busy }: ScanProps): JSX.Element | null {
  const { screen } = useApp()
  const [can, setCan] = useState(false)
  const [open, setOpen] = useState(false)
  useEffect(() => void screen.camera.reads().then(setCan), [screen])
  if (!can) return null
  const take = (text: string): void => {
    setOpen(false)
    onText(text)
  }
  if (open) return <Viewfinder onText={take} onClose={() => setOpen(false)} />
  return (
    <p>
      <Button icon="camera" waiting={busy} onPress={() => setOpen(true)}>
        {t('pairOld.scan')}
      </Button>
    </p>
  )
}

type ViewfinderProps = { readonly onText: (text: string) => void; readonly onClose: () => void }

function Viewfinder({ onText, onClose }: ViewfinderProps): JSX.Element {
  const { screen } = useApp()
  const video = useRef<HTMLVideoElement>(null)
  const place = useRef<HTMLDivElement>(null)
  const told = useRef(onText)
  const [state, setState] = useState<'looking' | 'other' | 'refused'>('looking')
  useEffect(() => {
    told.current = onText
  })
  useEffect(() => {
    place.current?.querySelector('button')?.focus()
    if (video.current === null) return undefined
    const read = (text: string): void => {
      if (isPairingCode(text)) told.current(text)
      else setState('other')
    }
    const watching = screen.camera.watch(video.current, read)
    watching.catch(() => setState('refused'))
    // What is still being opened is closed as soon as it is open.
    return () => void watching.then(stop => stop()).catch(() => undefined)
  }, [screen])
  return (
    <div class="scan" ref={place}>
      {state === 'refused' ? (
        <Notice icon="camera" care>
          <p>{t('pairOld.noCamera')}</p>
        </Notice>
      ) : (
        <>
          <video ref={video} class="scan-view" muted playsInline aria-label={t('pairOld.view')} />
          <p role="status">{t(state === 'other' ? 'pairOld.otherCode' : 'pairOld.aim')}</p>
        </>
      )}
      <Button icon="close" onPress={onClose}>
        {t('pairOld.closeCamera')}
      </Button>
    </div>
  )
}

/** A square of something else is not looked up: the person aims again. */
function isPairingCode(text: string): boolean {
  try {
    readPairing(text)
    return true
  } catch {
    return false
  }
}
