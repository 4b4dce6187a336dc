/** The frame around every page, and which page stands at which address. */
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { lazy, LocationProvider, Route, Router, useLocation } from 'preact-iso'
import type { Phase } from '../session/session.ts'
import { Waiting } from '../ui/notice.tsx'
import { t } from '../words/words.ts'
import { About } from './about.tsx'
import { Activation } from './activation.tsx'
import { Away } from './away.tsx'
import { AppContext, useApp, type App } from './context.ts'
import { Frame } from './frame.tsx'
import { LoginPage } from './login.tsx'
import { Messages } from './messages.tsx'
import { NotFound } from './notfound.tsx'
import * as places from './places.ts'
import { UnlockPage } from './unlock.tsx'
import { Welcome } from './welcome.tsx'

const RecordPage = lazy(async () => (await import('./record.tsx')).RecordPage)
const DocumentPage = lazy(async () => (await import('./document.tsx')).DocumentPage)
const AgendaPage = lazy(async () => (await import('./agenda.tsx')).AgendaPage)
const AccountPage = lazy(async () => (await import('./account.tsx')).AccountPage)

const OPEN = new Set<string>([places.WELCOME, places.LOGIN, places.ACTIVATION, places.ABOUT])
const DOORS = new Set<string>([places.WELCOME, places.LOGIN, places.ACTIVATION])

export const Root = ({ app }: { readonly app: App }): JSX.Element => (
  <AppContext.Provider value={app}>
    <LocationProvider>
      <Pages />
    </LocationProvider>
  </AppContext.Provider>
)

function Pages(): JSX.Element {
  const { session, fragment } = useApp()
  const { path, route } = useLocation()
  const phase = session.phase.value
  const entering = phase === 'in' && DOORS.has(path)
  useEffect(() => {
    if (fragment !== '' && phase === 'out') route(places.ACTIVATION, true)
  }, [phase, fragment, route])
  useEffect(() => {
    if (entering) route(places.MESSAGES, true)
  }, [entering, route])
  const opening = phase === 'starting' || entering
  return <Frame>{opening ? <Waiting>{t('app.opening')}</Waiting> : <Page phase={phase} path={path} />}</Frame>
}

/** Who asks for a page that needs a log-in logs in at that very address, and is there afterwards. */
function Page({ phase, path }: { readonly phase: Phase; readonly path: string }): JSX.Element {
  if (phase === 'away' && path !== places.ABOUT) return <Away />
  if (phase === 'locked' && path !== places.ABOUT) return <UnlockPage />
  if (phase === 'out' && !OPEN.has(path)) return <LoginPage />
  return (
    <Router>
      <Route path={places.WELCOME} component={Welcome} />
      <Route path={places.LOGIN} component={LoginPage} />
      <Route path={places.ACTIVATION} component={Activation} />
      <Route path={places.ABOUT} component={About} />
      <Route path={`${places.MESSAGES}/:thread?`} component={Messages} />
      <Route path={places.RECORD} component={RecordPage} />
      <Route path={`${places.RECORD}/:letter/:place`} component={DocumentPage} />
      <Route path={places.AGENDA} component={AgendaPage} />
      <Route path={places.ACCOUNT} component={AccountPage} />
      <Route default component={NotFound} />
    </Router>
  )
}
