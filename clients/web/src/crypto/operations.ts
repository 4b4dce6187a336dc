/** What a page asks of the sealing worker: types only. Bytes are Uint8Array; ids and references are as on the wire. */
import type { AttachmentJson } from './attachment.ts'
import type { CryptoErrorKind } from './errors.ts'
import type { FetchBlob, OnChunk } from './file.ts'
import type { Login } from './login.ts'
import type { PasswordKdf } from './password.ts'
import type { StatePlace } from './state.ts'

export type Challenge = Omit<Login, 'method'>

/** Public halves as bytes: 32 and 1216. */
export type RawPublicKeys = { readonly signingKey: Uint8Array; readonly sealingKey: Uint8Array }

/** `pins` are those of the box: account -> the statement (hash, b64u) that was seen last. `earlier`: ids of one's keys before, oldest first. */
export type Unlocked = {
  readonly account: string
  readonly keyId: string
  readonly earlier: readonly string[]
  readonly publicKeys: RawPublicKeys
  readonly version: number
  readonly pins: Readonly<Record<string, string>>
}

export type NewKeys = RawPublicKeys & { readonly statement: Uint8Array; readonly signature: Uint8Array }

/** What `POST /auth/activate` takes, as bytes. */
export type Activated = {
  readonly box: Uint8Array
  readonly kdf: PasswordKdf
  readonly loginKey: Uint8Array
  readonly newKeys: NewKeys
  readonly unlocked: Unlocked
}

export type OpenedLetter = {
  readonly plaintext: Uint8Array
  readonly senderSigningKey: Uint8Array
  readonly recipients: number
}

/** `hash` is 32 bytes. */
export type VerifiedStatement = {
  readonly keyId: string
  readonly hash: Uint8Array
  readonly seq: number
  readonly time: string
}

/** name -> [arguments, answer]. A refusal is a CryptoError. */
export interface Operations {
  /** The Ed25519 signature of the log-in. The stretched password is kept for the unlocking that follows. */
  passwordLogin: [Challenge & { readonly password: string; readonly kdf: PasswordKdf }, Uint8Array]
  letterLogin: [Challenge & { readonly code: string }, Uint8Array]
  unlockWithPassword: [
    {
      readonly account: string
      readonly box: Uint8Array
      readonly password: string
      /** The highest box version that this client has seen. */
      readonly minimumVersion: number
    },
    Unlocked,
  ]
  unlockWithCode: [
    {
      readonly account: string
      readonly box: Uint8Array
      readonly code: string
      readonly type: 'letter' | 'recovery'
      readonly minimumVersion: number
    },
    Unlocked,
  ]
  /** New keys and a new box under the password; the letter's keys are kept for what was sealed to them. Unlocks. */
  activate: [
    { readonly account: string; readonly box: Uint8Array; readonly code: string; readonly password: string },
    Activated,
  ]
  /** The opened box's key, wrapped for the next load of this page (docs/spec/keybox.md, Keeping a page open). */
  keep: [{ readonly wrappingKey: CryptoKey }, Uint8Array]
  /** Open the box with what {@link keep} gave. The wrapped bytes name a lowest version of their own. */
  restore: [
    {
      readonly account: string
      readonly box: Uint8Array
      readonly wrapped: Uint8Array
      readonly wrappingKey: CryptoKey
      readonly minimumVersion: number
    },
    Unlocked,
  ]
  /** The next version of the opened box, with these pins. The opened one stays until {@link adoptBox}. */
  pinInBox: [Readonly<Record<string, string>>, { readonly box: Uint8Array; readonly version: number }]
  /** Go on with this version of the opened box: the relay holds it now. OlderBox below the opened one. */
  adoptBox: [Uint8Array, Unlocked]
  sealLetter: [{ readonly plaintext: Uint8Array; readonly recipients: readonly Uint8Array[] }, Uint8Array]
  openLetter: [Uint8Array, OpenedLetter]
  stateName: [string, string]
  sealState: [StatePlace & { readonly bytes: Uint8Array }, Uint8Array]
  openState: [StatePlace & { readonly sealed: Uint8Array }, Uint8Array]
  /** The statements of one account from its first on, each with its keys; BadStatement unless all follow. */
  verifyStatements: [{ readonly account: string; readonly chain: readonly NewKeys[] }, readonly VerifiedStatement[]]
  /** The id that two public keys have. WeakKey when one is not good. */
  keyId: [RawPublicKeys, string]
  blobId: [Uint8Array, string]
  sha256: [Uint8Array, Uint8Array]
  /** Wipe every secret. */
  lock: [null, null]
}

/** Operations that call back while they run. */
export interface Streams {
  sealFile: [{ readonly blob: Blob; readonly name: string; readonly type: string }, AttachmentJson]
  openFile: [AttachmentJson, Blob]
}

export type OperationName = keyof Operations
export type StreamName = keyof Streams

/** What one stream calls back: each stream uses one of them. */
export type Callbacks = { readonly onChunk?: OnChunk; readonly fetchBlob?: FetchBlob }

/** Page to worker. `id` counts calls; `turn` counts the questions of one call. */
export type ToWorker =
  | { readonly kind: 'call'; readonly id: number; readonly name: OperationName | StreamName; readonly args: unknown }
  | { readonly kind: 'reply'; readonly id: number; readonly turn: number; readonly bytes: Uint8Array | null }
  | { readonly kind: 'failed'; readonly id: number; readonly turn: number }

/** Worker to page. */
export type ToPage =
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refused'; readonly id: number; readonly error: CryptoErrorKind | null; readonly item: string }
  | {
      readonly kind: 'chunk'
      readonly id: number
      readonly turn: number
      readonly index: number
      readonly bytes: Uint8Array
      readonly blobId: string
    }
  | { readonly kind: 'fetch'; readonly id: number; readonly turn: number; readonly blobId: string }
