/** What every page may use: the session, the log-in, the device's screen and the person's preferences. */
import type { ReadonlySignal, Signal } from '@preact/signals'
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Login } from '../session/login.ts'
import type { Pushing } from '../session/notices.ts'
import type { Session } from '../session/session.ts'
import type { Language } from '../words/words.ts'

/** Bytes that the page shows under an address of its own. Released when they are no longer shown. */
export type Shown = { readonly url: string; readonly release: () => void }

/** What pages ask of the device. */
export interface Screen {
  /** Scheme, host and port of this page: what is printed for who comes back. */
  readonly origin: string
  readonly show: (bytes: Uint8Array, type: string) => Shown
  /** Hand a file to the person: it lands in their downloads. */
  readonly save: (bytes: Uint8Array | Blob, name: string, type: string) => void
  /** A document that is read, never run: no script in it starts and nothing is fetched for it. */
  readonly parse: (bytes: Uint8Array, type: 'application/xml' | 'text/html') => Promise<Document>
  readonly pdfWorker: () => Worker
  readonly print: () => void
  readonly copy: (text: string) => Promise<boolean>
  readonly camera: Camera
  readonly pushing: Pushing
  /** Leave Pli for this address. */
  readonly visit: (address: string) => void
}

/** A camera that reads QR codes. */
export interface Camera {
  /** Whether this browser reads such codes by itself. */
  readonly reads: () => Promise<boolean>
  /** Show the camera in `video`, and tell each text that it reads until it is stopped. Rejects when it may not, or cannot. */
  readonly watch: (video: HTMLVideoElement, onText: (text: string) => void) => Promise<() => void>
}

export type TextSize = 'normal' | 'large' | 'largest'

export interface Preferences {
  readonly language: Signal<Language>
  readonly textSize: Signal<TextSize>
  readonly speak: (language: Language) => void
  readonly enlarge: (size: TextSize) => void
}

export interface App {
  readonly session: Session
  readonly login: Login
  readonly screen: Screen
  readonly preferences: Preferences
  /** What the address carried after "#" when the page was opened: the code of a letter or of a new device; empty when it had none. */
  readonly fragment: string
  readonly forgetFragment: () => void
  /** A newer build waits: what begins it, by loading the page again. */
  readonly newer: ReadonlySignal<(() => void) | undefined>
}

export const AppContext = createContext<App | undefined>(undefined)

export function useApp(): App {
  const app = useContext(AppContext)
  if (app === undefined) throw new Error('a page outside the app')
  return app
}
