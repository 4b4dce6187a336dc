/** The camera as a reader of QR codes, where the browser reads them by itself (Shape Detection API, BarcodeDetector). */
import type { Camera } from '../pages/context.ts'

type Found = { readonly rawValue: string }
interface Detector {
  readonly detect: (source: HTMLVideoElement) => Promise<readonly Found[]>
}
type DetectorClass = (new (options: { readonly formats: readonly string[] }) => Detector) & {
  readonly getSupportedFormats: () => Promise<readonly string[]>
}

const FORMAT = 'qr_code'
const EVERY = 250 // milliseconds between two looks

// The types of the DOM do not know it: Firefox and most desks have none.
const detector = (): DetectorClass | undefined => (globalThis as { readonly BarcodeDetector?: DetectorClass }).BarcodeDetector

async function reads(): Promise<boolean> {
  const Reader = detector()
  if (Reader === undefined || !('mediaDevices' in navigator)) return false
  const formats = await Reader.getSupportedFormats().catch((): readonly string[] => [])
  return formats.includes(FORMAT)
}

async function watch(video: HTMLVideoElement, onText: (text: string) => void): Promise<() => void> {
  const Reader = detector()
  if (Reader === undefined) throw new Error('no reader of codes')
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' }, audio: false })
  const reader = new Reader({ formats: [FORMAT] })
  video.srcObject = stream
  const look = async (): Promise<void> => {
    // A frame that is not there yet, or cannot be read, is no failure: the next one is looked at.
    for (const { rawValue } of await reader.detect(video).catch(() => [])) onText(rawValue)
  }
  const looking = setInterval(() => void look(), EVERY)
  const stop = (): void => {
    clearInterval(looking)
    for (const track of stream.getTracks()) track.stop()
    video.srcObject = null
  }
  try {
    await video.play()
  } catch (error) {
    stop()
    throw error
  }
  return stop
}

export const camera: Camera = { reads, watch }
