/** What a session asks of the device it runs on: small interfaces, beside their caller. */

import type { Searcher } from '../search/messages.ts'

export interface Network {
  /** Scheme, host and port that this client believes it talks to. */
  readonly origin: string
  readonly fetch: (path: string, init: RequestInit) => Promise<Response>
  /** Run `work` while no other tab of this origin does: a refresh cookie is good for one use. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
}

export type Cancel = () => void

export interface Clock {
  readonly now: () => Date
  /** Run `work` once, `milliseconds` from now, unless cancelled before. */
  readonly later: (milliseconds: number, work: () => void) => Cancel
  /** From 0 to 1, for jitter: not for secrets. */
  readonly random: () => number
}

/** Small texts that survive the browser's end. Nothing readable and no key goes here. */
export interface Memory {
  readonly get: (name: string) => string | undefined
  readonly set: (name: string, value: string) => void
  readonly remove: (name: string) => void
}

/** `wrapped` opens with `key`, which no script can read. */
export type Kept = { readonly key: CryptoKey; readonly wrapped: Uint8Array }

/** What opens the key box again after a reload of this tab. A device that keeps nothing answers undefined. */
export interface Keeping {
  /** The wrapping key of this browser, made when there is none. */
  readonly key: () => Promise<CryptoKey | undefined>
  readonly save: (wrapped: Uint8Array) => void
  readonly load: () => Promise<Kept | undefined>
  /** Key and bytes, of every tab. Never rejects. */
  readonly forget: () => Promise<void>
}

/** Sealed bytes, by name, that this browser may lose at any time: nothing in it is readable, and nothing is only here. */
export interface Store {
  readonly get: (name: string) => Promise<Uint8Array | undefined>
  /** False when it could not be kept: a full disk, a private window. */
  readonly put: (name: string, bytes: Uint8Array) => Promise<boolean>
  /** As `get` and `put`: the bytes stay on the disk, and no page holds them. */
  readonly getFile: (name: string) => Promise<Blob | undefined>
  readonly putFile: (name: string, file: Blob) => Promise<boolean>
  readonly remove: (names: readonly string[]) => Promise<void>
  /** All that begin so. */
  readonly names: (prefix: string) => Promise<readonly string[]>
  /** Everything, of every account and tab. Never rejects. */
  readonly forget: () => Promise<void>
}

export interface Presence {
  /** Called when the page is looked at again, and when the network came or went. */
  readonly onReturn: (work: () => void) => Cancel
  /** Called whenever the person types, points or scrolls in this page. */
  readonly onActivity: (work: () => void) => Cancel
  /** While `busy` says true, leaving the page asks first. */
  readonly guard: (busy: () => boolean) => Cancel
}

/** A passkey's id, whose it is (the user handle), and what its PRF gave: 32 secret bytes. */
export type PasskeyAnswer = { readonly credential: Uint8Array; readonly account: string; readonly output: Uint8Array }

/** Passkeys of this origin, always with user verification (docs/spec/keybox.md). Each rejects with PasskeyFailed. */
export interface Authenticator {
  /** Whether this browser can; whether an authenticator can is known only when it is asked. */
  readonly available: () => Promise<boolean>
  /** A new one that stays in the authenticator; `exclude`: those that one has need not make another. */
  readonly create: (who: {
    readonly account: string
    readonly name: string
    readonly exclude: readonly Uint8Array[]
  }) => Promise<PasskeyAnswer>
  /** One that is there: any of this origin, or one of `only`. */
  readonly get: (only: readonly Uint8Array[]) => Promise<PasskeyAnswer>
}

/** The person said no, or took too long; or the device has nothing that could do it. */
export class PasskeyFailed extends Error {
  override readonly name = 'PasskeyFailed'
  readonly reason: 'cancelled' | 'unsupported'

  constructor(reason: 'cancelled' | 'unsupported') {
    super(reason)
    this.reason = reason
  }
}

export interface Ports {
  readonly network: Network
  readonly clock: Clock
  readonly lasting: Memory
  readonly keeping: Keeping
  readonly store: Store
  readonly presence: Presence
  readonly authenticator: Authenticator
  readonly searcher: () => Searcher
}
