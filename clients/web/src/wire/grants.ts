/** What a patient gives to an app, and deposits for an emergency (docs/spec/protocol.md; messaging/wire/grants.py). */

export const SCOPES = ['letters.send', 'letters.receive', 'record.read', 'record.add', 'agenda.read', 'agenda.add'] as const
export type Scope = (typeof SCOPES)[number]

export type AppGrant = {
  readonly id: string
  readonly account: string
  readonly app: string
  readonly scopes: readonly Scope[]
  readonly from: string
  readonly until: string
  readonly createdAt: string
  readonly revoked: boolean
  readonly revokedAt: string | null
  /** A day. */
  readonly lastUsed: string | null
  readonly terms: string
}
export type NewAppGrant = Pick<AppGrant, 'app' | 'scopes' | 'until' | 'terms'>

/** `sealed` is null once it was taken back. */
export type EmergencyGrant = {
  readonly id: string
  readonly account: string
  readonly grantee: string
  readonly from: string
  readonly until: string
  readonly createdAt: string
  readonly revoked: boolean
  readonly revokedAt: string | null
  readonly usedAt: string | null
  readonly terms: string
  readonly sealed: string | null
}
export type NewEmergencyGrant = Pick<EmergencyGrant, 'grantee' | 'until' | 'terms'> & { readonly sealed: string }
export type Revoked = { readonly revoked: true }

/** `catalogue`: the bytes that are signed, b64u; `signature` and `key`: Ed25519. */
export type SignedCatalogue = { readonly catalogue: string; readonly signature: string; readonly key: string }

export type Consent = {
  readonly accountId: string
  readonly grant: string
  readonly clientId: string
  readonly redirectUri: string
  readonly scopes: readonly Scope[]
  readonly codeChallenge: string
  readonly codeChallengeMethod: 'S256'
  readonly state?: string
}

/** The directory's row of somebody who lets themselves be found, as far as pages show it. */
export type DirectoryEntry = {
  readonly id: string
  readonly kind: 'professional' | 'organisation' | 'app'
  readonly name: string
  readonly profession: string | null
  readonly specialty: string | null
  readonly organisation: string | null
  readonly city: string | null
}
