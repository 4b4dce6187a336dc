/** Shows a file in the page, by its type. What is not shown here can still be kept. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Waiting } from '../../ui/notice.tsx'
import type { Tongue } from '../../ui/theirs.tsx'
import { Refusal } from '../../wire/errors.ts'
import { t } from '../../words/words.ts'
import { useApp } from '../context.ts'
import { Failure } from '../refusals.tsx'

type Viewable = { readonly name: string; readonly type: string }
type Way = 'pdf' | 'image' | 'text' | 'cda'

// SVG is left out: it is a document, not a picture.
const IMAGE = /^image\/(png|jpeg|gif|webp|avif|bmp)$/
const XML = /^(text|application)\/(hl7-cda\+)?xml$/

function wayOf({ type, name }: Viewable): Way | undefined {
  if (type === 'application/pdf') return 'pdf'
  if (IMAGE.test(type)) return 'image'
  if (XML.test(type)) return 'cda'
  if (type === 'text/plain') return 'text'
  return type === 'application/octet-stream' && /\.pdf$/i.test(name) ? 'pdf' : undefined
}

export const canView = (file: Viewable): boolean => wayOf(file) !== undefined

type ViewerProps = { readonly attachment: Viewable; readonly bytes: Uint8Array; readonly title: string; readonly tongue: Tongue }

export function Viewer({ attachment, bytes, title, tongue }: ViewerProps): JSX.Element | null {
  switch (wayOf(attachment)) {
    case 'pdf':
      return <Later load={pdfView} props={{ bytes, title, tongue }} />
    case 'cda':
      return <Later load={cdaView} props={{ bytes, title, tongue }} />
    case 'image':
      return <ImageView bytes={bytes} type={attachment.type} title={title} />
    case 'text':
      return (
        <div class="view view-sheet" role="region" aria-label={title} tabIndex={0}>
          <pre lang={tongue}>{new TextDecoder().decode(bytes)}</pre>
        </div>
      )
    case undefined:
      return null
  }
}

type ViewProps = { readonly bytes: Uint8Array; readonly title: string; readonly tongue: Tongue }
type View = (props: ViewProps) => JSX.Element

const pdfView = async (): Promise<View> => (await import('./pdf.tsx')).PdfView
const cdaView = async (): Promise<View> => (await import('./cda.tsx')).CdaView

/** A viewer that is fetched when it is first needed. */
function Later({ load, props }: { readonly load: () => Promise<View>; readonly props: ViewProps }): JSX.Element {
  const [view, setView] = useState<{ readonly Shown: View }>()
  const [failed, setFailed] = useState<{ readonly cause: unknown }>()
  useEffect(() => {
    load().then(
      Shown => setView({ Shown }),
      () => setFailed({ cause: new Refusal('unreachable') }),
    )
  }, [load])
  if (failed !== undefined) return <Failure error={failed} />
  return view === undefined ? <Waiting>{t('file.opening')}</Waiting> : <view.Shown {...props} />
}

type ImageViewProps = { readonly bytes: Uint8Array; readonly type: string; readonly title: string }

function ImageView({ bytes, type, title }: ImageViewProps): JSX.Element {
  const { screen } = useApp()
  const [url, setUrl] = useState<string>()
  useEffect(() => {
    const shown = screen.show(bytes, type)
    setUrl(shown.url)
    return shown.release
  }, [bytes, type, screen])
  return <div class="view">{url !== undefined && <img src={url} alt={t('file.image', title)} />}</div>
}
