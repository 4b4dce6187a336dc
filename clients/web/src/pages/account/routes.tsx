/** Which page of the account stands at which address. Each is fetched when it is opened. */
import type { JSX } from 'preact'
import { lazy, Route, Router } from 'preact-iso'
import { AccountPage } from '../account.tsx'
import { NotFound } from '../notfound.tsx'
import * as places from '../places.ts'
import { withWords } from '../../words/words.ts'

const YouPage = lazy(async () => (await import('./you.tsx')).YouPage)
const ReadingPage = lazy(async () => (await import('./reading.tsx')).ReadingPage)
const DevicesPage = lazy(async () => (await import('./devices.tsx')).DevicesPage)
const PairPage = lazy(async () => (await import('./pair.tsx')).PairPage)
const PasswordPage = lazy(async () => (await import('./password.tsx')).PasswordPage)
const PasskeysPage = lazy(async () => (await import('./passkeys.tsx')).PasskeysPage)
const RecoveryKitPage = lazy(async () => (await import('./recoverykit.tsx')).RecoveryKitPage)
const AuthenticatorPage = lazy(async () => (await import('./authenticator.tsx')).AuthenticatorPage)
const SuspicionPage = lazy(async () => (await import('./suspicion.tsx')).SuspicionPage)
const JournalPage = lazy(async () => (await import('./journal.tsx')).JournalPage)
const NoticesPage = lazy(async () => (await withWords(import('./notices.tsx'), 'notices')).NoticesPage)
const AppsPage = lazy(async () => (await withWords(import('./apps.tsx'), 'apps')).AppsPage)
const EmergencyPage = lazy(async () => (await withWords(import('./emergency.tsx'), 'apps')).EmergencyPage)
const ExportPage = lazy(async () => (await import('./export.tsx')).ExportPage)
const ClosePage = lazy(async () => (await import('./closeaccount.tsx')).ClosePage)
const WatchersPage = lazy(async () => (await import('./watchers.tsx')).WatchersPage)
const CarersPage = lazy(async () => (await import('./carers.tsx')).CarersPage)
const ChildPage = lazy(async () => (await import('./child.tsx')).ChildPage)
const CarerAddPage = lazy(async () => (await import('./careradd.tsx')).CarerAddPage)
const CarerEndPage = lazy(async () => (await import('./carerend.tsx')).CarerEndPage)

/** A router inside another one sees what is left of the address. */
const at = (place: string): string => place.slice(places.ACCOUNT.length)

export const AccountPages = (): JSX.Element => (
  <Router>
    <Route path="/" component={AccountPage} />
    <Route path={at(places.YOU)} component={YouPage} />
    <Route path={at(places.READING)} component={ReadingPage} />
    <Route path={at(places.DEVICES)} component={DevicesPage} />
    <Route path={at(places.PAIR)} component={PairPage} />
    <Route path={at(places.PASSWORD)} component={PasswordPage} />
    <Route path={at(places.PASSKEYS)} component={PasskeysPage} />
    <Route path={at(places.RECOVERY_KIT)} component={RecoveryKitPage} />
    <Route path={at(places.AUTHENTICATOR)} component={AuthenticatorPage} />
    <Route path={at(places.SUSPICION)} component={SuspicionPage} />
    <Route path={at(places.JOURNAL)} component={JournalPage} />
    <Route path={at(places.NOTICES)} component={NoticesPage} />
    <Route path={at(places.APPS)} component={AppsPage} />
    <Route path={at(places.EMERGENCY)} component={EmergencyPage} />
    <Route path={at(places.EXPORT)} component={ExportPage} />
    <Route path={at(places.CLOSE_ACCOUNT)} component={ClosePage} />
    <Route path={at(places.WATCHERS)} component={WatchersPage} />
    <Route path={at(places.CARERS)} component={CarersPage} />
    <Route path={at(places.CHILD)} component={ChildPage} />
    <Route path={at(places.CARER_ADD)} component={CarerAddPage} />
    <Route path={`${at(places.CARER_END)}/:account`} component={CarerEndPage} />
    <Route default component={NotFound} />
  </Router>
)
