/**
 * Whose keys are whose: each account's keys, proved statement by statement, and the statement that was seen last (the pin).
 *
 * Law: a key is used or believed only as a link of a chain that begins at the account's first statement and holds the pin.
 * A pin is the hash of a statement, which holds the hash of the one before: it fixes every key up to its own. A key id
 * would fix one key alone, and let the relay put a key of its own before it.
 */
import { b64u, unb64u } from '../crypto/encoding.ts'
import { CryptoError } from '../crypto/errors.ts'
import type { Unlocked } from '../crypto/operations.ts'
import type { PublicKey } from '../wire/types.ts'
import type { Pins } from './box.ts'
import type { Desk } from './desk.ts'
import type { Transport } from './transport.ts'

/** `statement` is the hash, b64u; `signingKey` is b64u as well, to compare and to print. */
export type KnownKey = {
  readonly id: string
  readonly signingKey: string
  readonly sealingKey: Uint8Array
  readonly statement: string
  /** When the relay took it. */
  readonly createdAt: string
  /** When its statement says that it was made. */
  readonly announced: string
}
/** All keys of one account, the oldest first. */
export type Chain = readonly KnownKey[]

export type KeyProblem = 'unknownSenderKey' | 'senderKeyChanged' | 'ownKeyChanged'

/** The relay's answer about an account's keys is not believed: nothing is sealed to them. */
export class KeysNotProved extends Error {
  override readonly name = 'KeysNotProved'
  readonly reason: KeyProblem

  constructor(reason: KeyProblem) {
    super(reason)
    this.reason = reason
  }
}

/** Whether the statement that was seen before is in the chain; true where none was. */
export const keepsPin = (account: string, keys: Chain, pins: Pins): boolean =>
  pins[account] === undefined || keys.some(({ statement }) => statement === pins[account])

const SUPERSEDED_GRACE = 3_600_000 // milliseconds: letters sealed before the new key may still be on their way

/** Whether a key had lost its place to the one after it when a letter came. The last one of a chain never has. */
export const isSuperseded = (following: KnownKey | undefined, receivedAt: string): boolean =>
  following !== undefined && Date.parse(receivedAt) > Date.parse(following.announced) + SUPERSEDED_GRACE

/** Whether a pin may move to the newest of these keys: along the chain of statements, never back. */
const isForward = (account: string, keys: Chain, pins: Pins): boolean =>
  keepsPin(account, keys, pins) && pins[account] !== keys.at(-1)?.statement

export class Keyring {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #account: string
  readonly #own: Chain
  readonly #known = new Map<string, Promise<Chain>>()
  #pins: Pins
  #fresh: Pins = {}

  constructor(desk: Desk, transport: Transport, account: string, own: Chain, pins: Pins) {
    this.#desk = desk
    this.#transport = transport
    this.#account = account
    this.#own = own
    this.#pins = pins
  }

  get pins(): Pins {
    return this.#pins
  }

  /** What the key box does not hold yet. */
  get fresh(): Pins {
    return this.#fresh
  }

  /** All keys of an account, the newest last; none when the relay knows none. Raises KeysNotProved, Refusal. */
  keysOf(account: string): Promise<Chain> {
    // One's own are those that were proved against the key box: the relay is not asked again.
    if (account === this.#account) return Promise.resolve(this.#own)
    const known = this.#known.get(account)
    if (known !== undefined) return known
    const asked = this.#lookUp(account)
    this.#known.set(account, asked)
    // What failed is asked again the next time: it may have been the network.
    asked.catch(() => this.#known.delete(account))
    return asked
  }

  /** The key to seal to now. Raises KeysNotProved, Refusal. */
  async currentKey(account: string): Promise<KnownKey> {
    const keys = await this.keysOf(account)
    const key = keys.at(-1)
    if (key === undefined) throw new KeysNotProved('unknownSenderKey')
    if (!keepsPin(account, keys, this.#pins)) throw new KeysNotProved('senderKeyChanged')
    return key
  }

  /** Forget what was looked up, not what was pinned: a newer key may be there. */
  refresh(account: string): void {
    this.#known.delete(account)
  }

  /** The newest of these keys is the one that counts from now on: a letter came by them, or went to them. */
  pin(account: string, keys: Chain): void {
    const newest = keys.at(-1)
    if (newest === undefined || account === this.#account || !isForward(account, keys, this.#pins)) return
    this.#pins = { ...this.#pins, [account]: newest.statement }
    this.#fresh = { ...this.#fresh, [account]: newest.statement }
  }

  /** The key box holds these now. */
  kept(pins: Pins): void {
    this.#fresh = Object.fromEntries(Object.entries(this.#fresh).filter(([account, pin]) => pins[account] !== pin))
  }

  async #lookUp(account: string): Promise<Chain> {
    const asked = { accountId: this.#account, accounts: [account], history: true }
    const { list } = await this.#transport.call('PublicKey/lookup', asked)
    return prove(this.#desk, account, list.filter(key => key.account === account))
  }
}

/** One's own keys as the directory shows them: exactly those of the key box, or its chain begins with a stranger's. Raises Refusal, KeysNotProved. */
export async function ownKeys(desk: Desk, transport: Transport, unlocked: Unlocked): Promise<Chain> {
  const { account, keyId, earlier } = unlocked
  const asked = { accountId: account, accounts: [account], history: true }
  const { list } = await transport.call('PublicKey/lookup', asked)
  const chain = await prove(desk, account, list)
  // The id is computed from both public keys: nothing else needs to be compared.
  if (chain.map(({ id }) => id).join() !== [...earlier, keyId].join()) throw new KeysNotProved('ownKeyChanged')
  return chain
}

/** The keys of one account as a proved chain, the oldest first as the relay gives them. Raises KeysNotProved. */
export async function prove(desk: Desk, account: string, list: readonly PublicKey[]): Promise<Chain> {
  try {
    return await proveChain(desk, account, list)
  } catch (error) {
    if (error instanceof CryptoError) throw new KeysNotProved('unknownSenderKey')
    throw error
  }
}

async function proveChain(desk: Desk, account: string, list: readonly PublicKey[]): Promise<Chain> {
  const chain = list.map(key => ({
    signingKey: unb64u(key.signingKey, 32),
    sealingKey: unb64u(key.sealingKey, 1216),
    statement: unb64u(key.statement),
    signature: unb64u(key.signature, 64),
  }))
  const verified = await desk.call('verifyStatements', { account, chain })
  return list.map((key, at) => {
    const [link, proof] = [chain[at], verified[at]]
    if (link === undefined || proof?.keyId !== key.id || key.account !== account) throw new KeysNotProved('unknownSenderKey')
    const { signingKey, createdAt, id } = key
    return { id, signingKey, createdAt, announced: proof.time, sealingKey: link.sealingKey, statement: b64u(proof.hash) }
  })
}
