/** The frame around every page, and which page stands at which address. */
import type { JSX } from 'preact'
import { useCallback, useEffect, useRef } from 'preact/hooks'
import { lazy, LocationProvider, Route, Router, useLocation } from 'preact-iso'
import type { Phase } from '../session/session.ts'
import { Waiting } from '../ui/notice.tsx'
import { t, withWords } from '../words/words.ts'
import { Away } from './away.tsx'
import { forgetFinished } from './account/finished.ts'
import { AppContext, useApp, type App } from './context.ts'
import { Frame } from './frame.tsx'
import { fetchInside, insideParts } from './insideparts.ts'
import { isPairing } from './lettercode.ts'
import { LoginPage } from './login.tsx'
import { NotFound } from './notfound.tsx'
import * as places from './places.ts'
import { switching } from './switching.ts'
import { UnlockPage } from './unlock.tsx'
import { Welcome } from './welcome.tsx'

const About = lazy(async () => (await withWords(import('./about.tsx'), 'doors')).About)
const Activation = lazy(async () => (await withWords(import('./activation.tsx'), 'doors')).Activation)
const RecoveryPage = lazy(async () => (await withWords(import('./recovery.tsx'), 'doors')).RecoveryPage)
const PairNew = lazy(async () => (await withWords(import('./pairnew.tsx'), 'doors')).PairNew)
const Messages = lazy(async () => (await withWords(import('./messages.tsx'), 'agenda')).Messages)
const RecordPage = lazy(async () => (await withWords(import('./record.tsx'), 'record')).RecordPage)
const AddDocument = lazy(async () => (await withWords(import('./adddocument.tsx'), 'record')).AddDocument)
const DocumentPage = lazy(async () => (await withWords(import('./document.tsx'), 'record')).DocumentPage)
const AgendaPage = lazy(async () => (await withWords(import('./agenda.tsx'), 'agenda')).AgendaPage)
const NotePage = lazy(async () => (await withWords(import('./note.tsx'), 'agenda')).NotePage)
const Oppose = lazy(async () => (await withWords(import('./oppose.tsx'), 'doors', 'life')).Oppose)
const ClosedPage = lazy(async () => (await withWords(import('./closed.tsx'), 'life')).ClosedPage)
const HelpPage = lazy(async () => (await withWords(import('./help.tsx'), 'doors', 'help', 'account', 'life', 'record', 'agenda')).HelpPage)
const Accessibility = lazy(async () => (await withWords(import('./accessibility.tsx'), 'help')).Accessibility)
const ConsentPage = lazy(async () => (await withWords(import('./consent.tsx'), 'account', 'apps')).ConsentPage)
const AccountPages = lazy(async () => (await withWords(import('./account/routes.tsx'), 'account', 'doors', 'life', 'help')).AccountPages)

const DOORS = new Set<string>([places.WELCOME, places.LOGIN, places.ACTIVATION, places.RECOVERY, places.PAIR_NEW, places.OPPOSE, places.CLOSED])
/** What anybody may read, logged in or not. */
const TEXTS = [places.ABOUT, places.HELP, places.ACCESSIBILITY]
const OPEN = new Set<string>([...DOORS, ...TEXTS])
/** Who cannot unlock reads on, or comes back with the recovery sheet. */
const UNLOCKED = new Set<string>([...TEXTS, places.RECOVERY])

const INSIDE_EVERY = 3000 // milliseconds

export const Root = ({ app }: { readonly app: App }): JSX.Element => (
  <AppContext.Provider value={app}>
    <LocationProvider>
      <Pages />
    </LocationProvider>
  </AppContext.Provider>
)

function Pages(): JSX.Element {
  const { session } = useApp()
  const { path, route } = useLocation()
  const phase = session.phase.value
  const entering = phase === 'in' && DOORS.has(path)
  const arrival = useArrival(phase)
  const furnished = useInside(phase)
  useEffect(() => {
    if (entering) route(arrival(), true)
  }, [entering, route, arrival])
  useEffect(() => forgetFinished(path), [path])
  const opening = phase === 'starting' || entering || switching.value || !furnished
  return <Frame>{opening ? <Waiting>{t('app.opening')}</Waiting> : <Page phase={phase} path={path} />}</Frame>
}

/** Whether what stands around an open mailbox is here, with its words; it is asked for again until it is. */
function useInside(phase: Phase): boolean {
  const inside = phase === 'in' || phase === 'locked'
  const here = insideParts.value !== undefined
  useEffect(() => {
    if (!inside || here) return
    const ask = (): void => void fetchInside().catch(() => undefined)
    ask()
    const asking = setInterval(ask, INSIDE_EVERY)
    return () => clearInterval(asking)
  }, [inside, here])
  return phase !== 'in' || here
}

/**
 * A code that came with the address leads where it is used: a letter's to activation, a new device's to the page that adds
 * it, after a log-in where one is needed. What came is forgotten when that log-in ends. Answers where to go once inside.
 */
function useArrival(phase: Phase): () => string {
  const { fragment, forgetFragment } = useApp()
  const { route } = useLocation()
  const before = useRef<Phase>(phase)
  const pending = useRef(isPairing(fragment))
  const led = useRef(false)
  useEffect(() => {
    const left = before.current === 'in' && phase === 'out'
    before.current = phase
    if (left) forgetFragment()
    else if (fragment !== '' && phase === 'out' && !led.current) {
      led.current = true
      route(isPairing(fragment) ? places.LOGIN : places.ACTIVATION, true)
    }
  }, [phase, fragment, forgetFragment, route])
  return useCallback(() => {
    const place = pending.current ? places.PAIR : places.MESSAGES
    pending.current = false
    return place
  }, [])
}

/** Who asks for a page that needs a log-in logs in at that very address, and is there afterwards. */
function Page({ phase, path }: { readonly phase: Phase; readonly path: string }): JSX.Element {
  if (phase === 'away' && !TEXTS.some(one => one === path)) return <Away />
  if (phase === 'locked' && !UNLOCKED.has(path)) return <UnlockPage />
  if (phase === 'out' && !OPEN.has(path)) return <LoginPage />
  return (
    <Router>
      <Route path={places.WELCOME} component={Welcome} />
      <Route path={places.LOGIN} component={LoginPage} />
      <Route path={places.ACTIVATION} component={Activation} />
      <Route path={places.RECOVERY} component={RecoveryPage} />
      <Route path={places.PAIR_NEW} component={PairNew} />
      <Route path={places.ABOUT} component={About} />
      <Route path={places.HELP} component={HelpPage} />
      <Route path={places.ACCESSIBILITY} component={Accessibility} />
      <Route path={places.OPPOSE} component={Oppose} />
      <Route path={places.CLOSED} component={ClosedPage} />
      <Route path={`${places.MESSAGES}/:thread?`} component={Messages} />
      <Route path={places.RECORD} component={RecordPage} />
      <Route path={places.RECORD_ADD} component={AddDocument} />
      <Route path={`${places.RECORD}/:letter/:place`} component={DocumentPage} />
      <Route path={places.AGENDA} component={AgendaPage} />
      <Route path={`${places.NOTE}/:entry?`} component={NotePage} />
      <Route path={places.CONSENT} component={ConsentPage} />
      <Route path={places.ACCOUNT} component={AccountPages} />
      <Route path={`${places.ACCOUNT}/*`} component={AccountPages} />
      <Route default component={NotFound} />
    </Router>
  )
}
