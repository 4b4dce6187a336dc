/** What a page asks of the sealing worker: types only. Bytes are Uint8Array; ids and references are as on the wire. */
import type { AttachmentJson } from './attachment.ts'
import type { CatalogueSigned } from './catalogue.ts'
import type { KeysAsked } from './change.ts'
import type { CryptoErrorKind } from './errors.ts'
import type { FetchBlob } from './file.ts'
import type { Login } from './login.ts'
import type { PairingShown } from './pairings.ts'
import type { PasswordKdf } from './password.ts'
import type { SlotType } from './slot.ts'
import type { StatePlace } from './state.ts'
import type { Announcement } from './transparency/statement.ts'

export type Challenge = Omit<Login, 'method'>

/** Public halves as bytes: 32 and 1216. */
export type RawPublicKeys = { readonly signingKey: Uint8Array; readonly sealingKey: Uint8Array }

/** A slot of the box; `credential` (b64u) of a passkey's, `account` of a delegate's, else null. */
export type SlotInfo = {
  readonly id: string
  readonly since: number
  readonly type: SlotType
  readonly credential: string | null
  readonly account: string | null
}

/**
 * `pins` are those of the box: account -> the statement (hash, b64u) that was seen last. `earlier`: ids of one's keys
 * before, oldest first. `created` is when the keys were made; `due`: they are in use for more than a year.
 */
export type Unlocked = {
  readonly account: string
  readonly keyId: string
  readonly earlier: readonly string[]
  readonly publicKeys: RawPublicKeys
  readonly version: number
  readonly pins: Readonly<Record<string, string>>
  readonly lastCheckpoint: SeenLog | null
  readonly created: string
  readonly due: boolean
  readonly slots: readonly SlotInfo[]
}

export type NewKeys = RawPublicKeys & { readonly statement: Uint8Array; readonly signature: Uint8Array }
/** One statement of an account's line, with the keys that it announces. */
export type Link = NewKeys & { readonly voucher: Uint8Array | null }

/** A box that the relay has not taken yet, and what the relay is told with it. Log-in keys are public, 32 bytes. */
export type Changed = {
  readonly box: Uint8Array
  readonly version: number
  readonly password: { readonly kdf: PasswordKdf; readonly loginKey: Uint8Array } | null
  readonly recoveryKey: Uint8Array | null
  readonly passkeyKey: Uint8Array | null
  readonly newKeys: NewKeys | null
}

/** Who is to open the box with keys of their own; proven by the caller. */
export type Carer = RawPublicKeys & { readonly account: string }
/** A passkey's id, and what its PRF gave: 32 bytes. */
export type PasskeySecret = { readonly credential: Uint8Array; readonly output: Uint8Array }

/**
 * What changes in the current box. `recovery`: the code made last takes the place of the old one. `drop`: slot ids of
 * passkeys that go. `delegates`: with `keys` = `stay` those to add, else all that there shall be. `statement`: the
 * newest of the account's line, where keys change.
 */
export type Change = {
  readonly keys: KeysAsked
  readonly password: string | null
  readonly recovery: boolean
  readonly passkey: PasskeySecret | null
  readonly drop: readonly string[]
  readonly delegates: readonly Carer[]
  readonly statement: Uint8Array | null
}

type AtBox = {
  readonly account: string
  readonly box: Uint8Array
  /** The highest box version that this client has seen. */
  readonly minimumVersion: number
}
/** `second`: the other code of a letter with two. */
type LetterCode = { readonly code: string; readonly second?: string | undefined }
type LetterBox = Omit<AtBox, 'minimumVersion'> & LetterCode & {
  /** The first of the account's line, which announced the letter's keys. */
  readonly first: Announcement
  /** What was verified of the key log: the new box holds it from its first version on. */
  readonly log: SeenLog
}

export type OpenedLetter = {
  readonly plaintext: Uint8Array
  readonly senderSigningKey: Uint8Array
  readonly recipients: number
}

/** `hash` is 32 bytes. `box`: the version of the key box that first held these keys. */
export type VerifiedStatement = {
  readonly keyId: string
  readonly hash: Uint8Array
  readonly seq: number
  readonly time: string
  readonly box: number
  readonly suspected: boolean
}

/** How far the key log goes, and the root (b64u) of its tree. */
export type LogHead = { readonly root: string; readonly size: number }
/** With the log's own Ed25519 signature of it, b64u of 64 bytes. */
export type SignedHead = LogHead & { readonly signature: string }
/** What an account's clients verified last, and under which policy (SHA-256 of its text, b64u). */
export type SeenLog = LogHead & { readonly policy: string }
/** `witnesses` by their names in the policy. */
export type PolicyRead = { readonly hash: string; readonly origin: string; readonly witnesses: readonly string[] }
/** A checkpoint that the relay shows, and its proof from the known one; null where it has none. */
export type LogNews = {
  readonly policy: Uint8Array
  readonly checkpoint: string
  readonly known: LogHead | null
  readonly consistency: readonly Uint8Array[] | null
}
/** A statement, and its place in the log. */
export type LogEntry = Omit<Link, keyof RawPublicKeys> & {
  readonly head: LogHead
  readonly index: number
  readonly inclusion: readonly Uint8Array[] | null
}

/** name -> [arguments, answer]. A refusal is a CryptoError. */
export interface Operations {
  /** The Ed25519 signature of the log-in. The stretched password is kept for the unlocking that follows. */
  passwordLogin: [Challenge & { readonly password: string; readonly kdf: PasswordKdf }, Uint8Array]
  letterLogin: [Challenge & LetterCode, Uint8Array]
  /** The number of the receipt for refusing this letter's account: always the same. */
  oppositionReceipt: [LetterCode & { readonly login: string }, string]
  recoveryLogin: [Challenge & { readonly code: string }, Uint8Array]
  passkeyLogin: [Challenge & { readonly output: Uint8Array }, Uint8Array]
  /** Wipe the stretched password: no unlocking follows. */
  forgetPassword: [null, null]
  unlockWithPassword: [AtBox & { readonly password: string }, Unlocked]
  unlockWithPasskey: [AtBox & PasskeySecret, Unlocked]
  /** Whether a code opens this box; what is open stays open. CannotOpen when it does not, OlderBox. */
  tryCode: [AtBox & LetterCode & { readonly type: 'letter' | 'recovery' }, null]
  /** A fresh recovery code as it is printed. The worker keeps it for the change that puts it into a box. */
  newRecoveryCode: [null, string]
  forgetRecoveryCode: [null, null]
  /** New keys and a new box under the password and the code made last. {@link takeChange} unlocks it. BadStatement. */
  activate: [LetterBox & { readonly password: string }, Changed]
  /** A letter's account that the person's own keys open from now on, and the code made last. BadStatement. */
  adopt: [LetterBox, Changed]
  /** A new password and the code made last, in place of the old ones; passkeys go. {@link takeChange} unlocks it. */
  recover: [AtBox & { readonly code: string; readonly password: string }, Changed]
  change: [Change, Changed]
  /** The relay took the box of the last activate, recover or change: go on with it. */
  takeChange: [null, Unlocked]
  /** Open the box of an account that one acts for: letters and states are its own until {@link leaveHeld}. */
  openHeld: [AtBox & { readonly signers: readonly Uint8Array[] }, Unlocked]
  /** Back to the person's own box. */
  leaveHeld: [null, Unlocked]
  /** The new device of a pairing (docs/spec/pairing.md). */
  beginPairing: [null, PairingShown]
  hearHello: [Uint8Array, { readonly account: string; readonly digits: string }]
  acceptGrant: [Uint8Array, { readonly account: string; readonly login: string; readonly version: number }]
  unlockGranted: [Omit<AtBox, 'account'>, Unlocked]
  /** The old device: CannotOpen when the relay's key is not the code's. */
  makeHello: [{ readonly code: string; readonly key: Uint8Array }, { readonly sealed: Uint8Array; readonly digits: string }]
  /** Hand the box key over: only after the person compared the digits. */
  makeGrant: [{ readonly login: string }, Uint8Array]
  /** Wipe what either side of a pairing holds. */
  endPairing: [null, null]
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
  pinInBox: [
    { readonly pins: Readonly<Record<string, string>>; readonly lastCheckpoint: SeenLog | null },
    { readonly box: Uint8Array; readonly version: number },
  ]
  /** Go on with this version of the opened box: the relay holds it now. OlderBox below the opened one. */
  adoptBox: [Uint8Array, Unlocked]
  sealLetter: [{ readonly plaintext: Uint8Array; readonly recipients: readonly Uint8Array[] }, Uint8Array]
  openLetter: [Uint8Array, OpenedLetter]
  stateName: [string, string]
  sealState: [StatePlace & { readonly bytes: Uint8Array }, Uint8Array]
  openState: [StatePlace & { readonly sealed: Uint8Array }, Uint8Array]
  /** The statements of one account from its first on, each with its keys; BadStatement unless all follow. */
  verifyStatements: [{ readonly account: string; readonly chain: readonly Link[] }, readonly VerifiedStatement[]]
  /** BadPolicy when the text is none. */
  readPolicy: [Uint8Array, PolicyRead]
  /** BadPolicy, BadCheckpoint (item transparency/9: too old or ahead), BadProof (not what came of the known one). */
  verifyLog: [LogNews, SignedHead]
  /** BadCheckpoint unless the log key of this policy signed it. */
  verifyClaim: [{ readonly policy: Uint8Array; readonly claim: SignedHead }, null]
  /** BadProof unless the log `head` begins with `old`. */
  verifyGrown: [{ readonly old: LogHead; readonly head: LogHead; readonly consistency: readonly Uint8Array[] | null }, null]
  /** BadProof unless the log holds the entry at its place. */
  verifyEntry: [LogEntry, null]
  /** BadCatalogue unless this key has signed it; whose key it is, the caller knows. */
  verifyCatalogue: [CatalogueSigned, null]
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

/** What is done with each sealed chunk, in order (file.ts). A Blob: no thread needs to hold its bytes. */
export type OnChunk = (index: number, chunk: Blob, blobId: string) => Promise<void>

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
      readonly chunk: Blob
      readonly blobId: string
    }
  | { readonly kind: 'fetch'; readonly id: number; readonly turn: number; readonly blobId: string }
