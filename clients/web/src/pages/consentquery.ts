/** What an app asks with the address of the consent page, checked against the catalogue. Pure. */
import type { CatalogueApp } from '../session/catalogue.ts'
import type { Scope } from '../wire/grants.ts'

export type Asked = {
  readonly app: CatalogueApp
  readonly redirectUri: string
  readonly scopes: readonly Scope[]
  readonly codeChallenge: string
  readonly state: string | undefined
}
type Query = Readonly<Record<string, string>>

const CHALLENGE = /^[A-Za-z0-9_-]{43}$/ // SHA-256, b64u (RFC 7636, 4.2)

/**
 * Undefined for what is not to the letter what a certified app may ask: another redirect URI, a scope that it is not
 * certified for, no challenge. The page may be opened without the relay's own door, so that it believes nothing.
 */
export function asked(query: Query, apps: readonly CatalogueApp[]): Asked | undefined {
  const app = apps.find(({ account }) => account === query['client_id'])
  const redirectUri = query['redirect_uri']
  const names = [...new Set((query['scope'] ?? '').split(' ').filter(name => name !== ''))]
  const codeChallenge = query['code_challenge'] ?? ''
  if (app === undefined || redirectUri === undefined || !app.redirectUris.includes(redirectUri)) return undefined
  const scopes = app.scopes.filter(scope => names.includes(scope))
  const isWhole = scopes.length > 0 && scopes.length === names.length && CHALLENGE.test(codeChallenge)
  if (!isWhole || query['response_type'] !== 'code' || query['code_challenge_method'] !== 'S256') return undefined
  return { app, redirectUri, scopes, codeChallenge, state: query['state'] }
}

/** Where a no is taken to (RFC 6749, 4.1.2.1; RFC 9207). */
export function refusal({ redirectUri, state }: Asked, origin: string): string {
  const said = new URLSearchParams({ error: 'access_denied', iss: origin, ...(state === undefined ? {} : { state }) })
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${said.toString()}`
}
