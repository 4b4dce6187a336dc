/** A PDF, page by page, with its text for readers of screens. pdf.js runs none of its scripts and opens none of its links. */
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { getDocument, GlobalWorkerOptions, TextLayer, type PDFDocumentProxy } from 'pdfjs-dist'
import { Button } from '../../ui/button.tsx'
import { Notice, Waiting } from '../../ui/notice.tsx'
import type { Tongue } from '../../ui/theirs.tsx'
import { t } from '../../words/words.ts'
import { useApp } from '../context.ts'
import { PdfData } from './pdfdata.ts'

const STEPS = [1, 1.5, 2, 3] as const

type PdfViewProps = { readonly bytes: Uint8Array; readonly title: string; readonly tongue: Tongue }

export function PdfView({ bytes, title, tongue }: PdfViewProps): JSX.Element {
  const [document, failed] = usePdf(bytes)
  const [step, setStep] = useState(0)
  if (failed) {
    return (
      <Notice icon="alert" care>
        <p>{t('file.broken')}</p>
      </Notice>
    )
  }
  if (document === undefined) return <Waiting>{t('file.opening')}</Waiting>
  const zoom = STEPS[step] ?? 1
  return (
    <>
      <div class="buttons no-print">
        <Button onPress={() => setStep(Math.min(step + 1, STEPS.length - 1))}>{t('file.larger')}</Button>
        <Button onPress={() => setStep(Math.max(step - 1, 0))}>{t('file.smaller')}</Button>
      </div>
      <div class="view" role="region" aria-label={title} tabIndex={0}>
        {Array.from({ length: document.numPages }, (_, at) => (
          <PdfPage key={`${at} ${zoom}`} document={document} number={at + 1} zoom={zoom} tongue={tongue} />
        ))}
      </div>
    </>
  )
}

function usePdf(bytes: Uint8Array): readonly [PDFDocumentProxy | undefined, boolean] {
  const { screen } = useApp()
  const [document, setDocument] = useState<PDFDocumentProxy>()
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    GlobalWorkerOptions.workerPort ??= screen.pdfWorker()
    const loading = getDocument({
      data: bytes.slice(), // pdf.js takes the bytes away to its worker
      BinaryDataFactory: PdfData,
      useWorkerFetch: false,
      useWasm: true,
      useSystemFonts: false, // the shipped ones look the same everywhere
      enableXfa: false,
      isEvalSupported: false,
      stopAtErrors: false,
      verbosity: 0,
    })
    loading.promise.then(setDocument, () => setFailed(true))
    return () => void loading.destroy()
  }, [bytes, screen])
  return [document, failed]
}

type PdfPageProps = { readonly document: PDFDocumentProxy; readonly number: number; readonly zoom: number; readonly tongue: Tongue }

/** A page is drawn when it comes near the part that is seen. */
function PdfPage({ document, number, zoom, tongue }: PdfPageProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null)
  const [near, setNear] = useState(number === 1)
  useEffect(() => {
    const element = box.current
    if (element === null || near) return
    const observer = new IntersectionObserver(seen => seen.some(one => one.isIntersecting) && setNear(true), {
      rootMargin: '600px',
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [near])
  useEffect(() => {
    const element = box.current
    if (element === null || !near) return
    return draw(element, document, number, tongue)
  }, [document, number, tongue, near])
  return (
    <div
      class="pdf-page"
      ref={box}
      style={{ width: `${zoom * 100}%`, minHeight: near ? '0' : '30rem' }}
      role="group"
      aria-label={t('file.page', number, document.numPages)}
    />
  )
}

/** Draw one page into its box; what is returned stops it. */
function draw(box: HTMLDivElement, document: PDFDocumentProxy, number: number, tongue: Tongue): () => void {
  let stopped = false
  const stops: (() => void)[] = []
  const work = async (): Promise<void> => {
    const page = await document.getPage(number)
    if (stopped) return
    const plain = page.getViewport({ scale: 1 })
    const scale = box.clientWidth / plain.width
    const sharp = page.getViewport({ scale: scale * Math.min(window.devicePixelRatio, 2) })
    const canvas = window.document.createElement('canvas')
    canvas.width = Math.floor(sharp.width)
    canvas.height = Math.floor(sharp.height)
    canvas.setAttribute('aria-hidden', 'true')
    const text = window.document.createElement('div')
    text.className = 'pdf-text'
    text.lang = tongue ?? ''
    box.style.setProperty('--total-scale-factor', String(scale))
    box.replaceChildren(canvas, text)
    const drawing = page.render({ canvas, viewport: sharp })
    const layer = new TextLayer({ textContentSource: page.streamTextContent(), container: text, viewport: page.getViewport({ scale }) })
    stops.push(() => drawing.cancel(), () => layer.cancel())
    await Promise.all([drawing.promise, layer.render()])
  }
  // A page that cannot be drawn stays white: the others are still shown.
  work().catch(() => undefined)
  return () => {
    stopped = true
    for (const stop of stops) stop()
  }
}
