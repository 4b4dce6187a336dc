/** Puts the parts together: device, session, pages. Nothing else knows all of them. */
import { effect, signal } from '@preact/signals'
import { render } from 'preact'
import { Desk } from './crypto/desk.ts'
import { ports, screen } from './device/device.ts'
import { sealingWorker } from './device/workers.ts'
import { Root } from './pages/app.tsx'
import type { App, Preferences, TextSize } from './pages/context.ts'
import { Login } from './session/login.ts'
import { Session } from './session/session.ts'
import { Transport } from './session/transport.ts'
import { isLanguage, language, speak, type Language } from './words/words.ts'
import './styles/tokens.css'
import './styles/base.css'
import './styles/elements.css'
import './styles/layout.css'
import './styles/pages.css'
import './styles/print.css'

const LANGUAGE = 'language'
const TEXT_SIZE = 'text size'
const SIZES: readonly TextSize[] = ['normal', 'large', 'largest']

const textSize = signal<TextSize>(SIZES.find(size => size === ports.lasting.get(TEXT_SIZE)) ?? 'normal')

const preferences: Preferences = {
  language,
  textSize,
  speak: chosen => {
    ports.lasting.set(LANGUAGE, chosen)
    void speak(chosen)
  },
  enlarge: size => {
    ports.lasting.set(TEXT_SIZE, size)
    textSize.value = size
  },
}

effect(() => {
  document.documentElement.lang = language.value
  document.documentElement.dataset['text'] = textSize.value
})

/** The code of a letter, or of a new device, travels after "#", which browsers send to nobody. It is taken out of the address at once. */
function takeFragment(): string {
  const fragment = location.hash
  const carriesCode = /^#(code=|pair\/|[0-9A-Za-z]{3}-)/.test(fragment)
  if (carriesCode) history.replaceState(null, '', location.pathname + location.search)
  return carriesCode ? fragment : ''
}

/** The chosen language, else the browser's, else French. */
function firstLanguage(): Language {
  const chosen = ports.lasting.get(LANGUAGE)
  if (isLanguage(chosen)) return chosen
  return navigator.languages.map(tag => tag.slice(0, 2)).find(isLanguage) ?? 'fr'
}

const desk = new Desk(sealingWorker())
const transport = new Transport(ports.network)
const session = new Session(desk, transport, ports)
const login = new Login(desk, transport, ports, session)
const fragment = signal(takeFragment())
const newer = signal<(() => void) | undefined>(undefined)
const app: App = {
  session,
  login,
  screen,
  preferences,
  get fragment() {
    return fragment.value
  },
  forgetFragment: () => {
    fragment.value = ''
  },
  newer,
}

const root = document.getElementById('app')
if (root === null) throw new Error('index.html has no #app')
await speak(firstLanguage())
render(<Root app={app} />, root)
// Nobody's focus is lost before there is something to press: it need not be in the first load.
void import('./device/focus.ts').then(({ keepFocus }) => keepFocus(root)).catch(() => undefined)
await login.resume()
// `vite` alone builds no service worker. A browser that takes none reads with the network only.
if (import.meta.env.PROD) {
  void import('./device/offline.ts')
    .then(({ keepBuild }) =>
      keepBuild(begin => {
        newer.value = begin
      }),
    )
    .catch(() => undefined)
}
