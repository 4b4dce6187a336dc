/** What relay and client both say, as types (docs/spec/protocol.md; the Python side is messaging/wire/types.py). */

export type LoginMethod = 'password' | 'letter' | 'recovery' | 'key'

/** `memory` in KiB; only `argon2id` has the numbers. */
export type Kdf =
  | {
      readonly name: 'argon2id'
      readonly salt: string
      readonly memory: number
      readonly passes: number
      readonly lanes: number
    }
  | { readonly name: 'code' }
  | { readonly name: 'key' }

export type Challenge = {
  readonly account: string
  readonly challenge: string
  readonly expiresIn: number
  readonly kdf: Kdf
}

export type Tokens = {
  readonly accessToken: string
  readonly account: string
  readonly expiresIn: number
  readonly trustToken?: string
}

export type BoxAnswer = { readonly account: string; readonly version: number; readonly box: string }

export type AccountInfo = {
  readonly id: string
  readonly kind: 'patient' | 'professional' | 'organisation' | 'bridge' | 'station'
  readonly state: 'invited' | 'active' | 'closed'
  readonly createdAt: string
  readonly loginMethods: readonly LoginMethod[]
}

export type PublicKey = {
  readonly id: string
  readonly account: string
  readonly sealingKey: string
  readonly signingKey: string
  readonly statement: string
  readonly signature: string
  readonly createdAt: string
  readonly revokedAt: string | null
}

export type KeyBox = { readonly id: 'box'; readonly version: number; readonly box: string }

export type Recipient = { readonly account: string; readonly keyId: string }

export type NewMessage = {
  readonly clientId: string
  readonly to: readonly Recipient[]
  readonly blobIds: readonly string[]
} & ({ readonly sealed: string } | { readonly sealedBlobId: string })

export type SealedMessage = {
  readonly id: string
  readonly clientId: string
  readonly box: 'in' | 'out'
  readonly receivedAt: string
  readonly size: number
  readonly sealed: string | null
  readonly sealedBlobId: string | null
  readonly blobIds: readonly string[]
  readonly from: string
  readonly deliveries: readonly { readonly account: string; readonly state: 'delivered' }[]
}

export type SealedState = { readonly id: string; readonly version: number; readonly sealed: string }

export type Contact = {
  readonly id: string
  readonly peer: string
  readonly mayWrite: boolean
  readonly since: string
  readonly blocked: boolean
}

export type Uploaded = { readonly accountId: string; readonly blobId: string; readonly size: number }

export type StateChange = {
  readonly changed: Readonly<Record<string, Readonly<Record<string, string>>>>
}
