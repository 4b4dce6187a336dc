/** What relay and client both say, as types (docs/spec/protocol.md; the Python side is messaging/wire/types.py). */

export type LoginMethod = 'password' | 'letter' | 'recovery' | 'passkey' | 'key'

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
  | { readonly name: 'prf' }
  | { readonly name: 'key' }

export type Challenge = {
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

/** `statement`, `signature` and `voucher`: the newest of the account's line, which a new one has to follow. */
export type BoxAnswer = {
  readonly account: string
  readonly version: number
  readonly box: string
  readonly statement: string
  readonly signature: string
  readonly voucher: string | null
}

/** `passkeys` are all that there shall be; what is null stays. */
export type NewMethods = {
  readonly passkeys: readonly { readonly credential: string; readonly loginKey: string }[] | null
  readonly password: { readonly kdf: Kdf; readonly loginKey: string } | null
  readonly recovery: { readonly loginKey: string } | null
}
export type FactorsDone = { readonly version: number }
export type Confirmed = { readonly confirmedUntil: string }
export type Adopted = { readonly account: string }

export type PairingBegun = { readonly claim: string; readonly expiresIn: number }
export type PairingSeen = { readonly hello: string | null; readonly grant: string | null }
/** `network`, `since`: from where and when the new device asked, as the relay saw it. */
export type PairingFound = { readonly key: string; readonly network: string; readonly since: string }

/** `lastSeen` is a day; `label` is sealed, b64u. */
export type Device = {
  readonly id: string
  readonly current: boolean
  readonly createdAt: string
  readonly lastSeen: string
  readonly expiresAt: string
  readonly label: string | null
}

/** While it lasts, `delegate` may act for `account`. */
export type Delegation = {
  readonly id: string
  readonly account: string
  readonly delegate: string
  readonly since: string
}

export type AccountInfo = {
  readonly id: string
  readonly kind: 'patient' | 'professional' | 'organisation' | 'app' | 'bridge' | 'station'
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
  /** The number of its entry in the key log. */
  readonly index: number
  readonly voucher: string | null
  /** Of the newest key of each account in a look-up, at the size of the checkpoint beside it. */
  readonly inclusion: readonly string[] | null
}

/** The newest published checkpoint of the key log; `consistency` is from the size that was asked with, null when that is larger. */
export type LogState = { readonly checkpoint: string; readonly consistency: readonly string[] | null }

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

/** Who acted, as the relay knows them; more may come than this client has words for. */
export type AccessLogEntry = {
  readonly id: string
  readonly seq: number
  readonly at: string
  readonly actor: string
  readonly by: string | null
  readonly device: string | null
  readonly action: string
  readonly object: string | null
  readonly outcome: string
  /** SHA-256 of the row before and of this one, in hexadecimal (docs/spec/protocol.md, AccessLogEntry). */
  readonly previous: string
  readonly hash: string
}

/** The account is gone; what remains is this number and this day. */
export type Opposition = { readonly receipt: string; readonly opposedOn: string }

/** Until `erasedAfter` the recovery code opens it again; then nothing does. */
export type Closed = { readonly account: string; readonly closedAt: string; readonly erasedAfter: string }
