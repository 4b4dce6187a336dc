/** An app asks, by way of the browser (OAuth 2.0, RFC 6749, 4.1; RFC 7636; docs/spec/protocol.md): allow for a time, or refuse. */
import type { JSX } from 'preact'
import { useCallback } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { CatalogueRefused, type CatalogueApp } from '../session/catalogue.ts'
import { Heading } from '../ui/heading.tsx'
import { Alert, Notice } from '../ui/notice.tsx'
import type { Scope } from '../wire/grants.ts'
import { language, t } from '../words/words.ts'
import { Allowing } from './account/allowing.tsx'
import { readCatalogue, Refused } from './account/apps.tsx'
import { Loading } from './account/loading.tsx'
import { useLoaded } from './account/useloaded.ts'
import { asked, refusal, type Asked } from './consentquery.ts'
import { useApp } from './context.ts'

export function ConsentPage(): JSX.Element {
  const { session } = useApp()
  const { query } = useLocation()
  const load = useCallback(() => readCatalogue(() => session.apps.catalogue.read()), [session])
  const listed = useLoaded(load)
  const found = listed.value
  const request = found === undefined || found === 'none' || found instanceof CatalogueRefused ? undefined : asked(query, found.apps)
  return (
    <>
      <Heading title={t('consent.title')} />
      <Loading of={listed} />
      {session.acting.value ? (
        <Alert title={t('consent.other')}>
          <p>{t('consent.otherText')}</p>
        </Alert>
      ) : found instanceof CatalogueRefused ? (
        <Refused reason={found.reason} />
      ) : request !== undefined ? (
        <Asking request={request} />
      ) : (
        found !== undefined && <Wrong />
      )}
    </>
  )
}

/** Nobody is sent anywhere: an address that the list does not have may be anybody's. */
const Wrong = (): JSX.Element => (
  <Alert title={t('consent.wrong')}>
    <p>{t('consent.wrongText')}</p>
  </Alert>
)

function Asking({ request }: { readonly request: Asked }): JSX.Element {
  const { session, screen } = useApp()
  const { app, redirectUri, codeChallenge, state } = request
  const allow = async (grant: string, scopes: readonly Scope[]): Promise<void> => {
    const given = { grant, clientId: app.account, redirectUri, scopes, codeChallenge, codeChallengeMethod: 'S256' as const }
    screen.visit(await session.apps.consent(state === undefined ? given : { ...given, state }))
  }
  return (
    <>
      <p>{t('consent.who', app.name[language.value], app.publisher)}</p>
      <p>{purposeOf(app)}</p>
      <Notice care icon="alert">
        <p>{t('consent.started')}</p>
        <p>{t('consent.where', new URL(redirectUri).host)}</p>
      </Notice>
      <Allowing
        app={app}
        scopes={request.scopes}
        yes={t('consent.allow')}
        no={t('consent.refuse')}
        onGiven={allow}
        onCancel={() => screen.visit(refusal(request, screen.origin))}
      />
    </>
  )
}

const purposeOf = ({ purpose }: CatalogueApp): string => purpose[language.value]
