/**
 * Whose keys are whose: each account's keys, proved statement by statement, and the key that was seen last (the pin).
 *
 * Law: a key is used or believed only as a link of a chain that begins at the account's first statement and holds the pin.
 */
import { b64u, unb64u } from '../crypto/encoding.ts'
import { CryptoError } from '../crypto/errors.ts'
import type { PublicKey } from '../wire/types.ts'
import type { Desk } from './desk.ts'
import type { Transport } from './transport.ts'

/** `statement` is the hash, b64u; `signingKey` is b64u as well, to compare and to print. */
export type KnownKey = {
  readonly id: string
  readonly signingKey: string
  readonly sealingKey: Uint8Array
  readonly statement: string
  readonly createdAt: string
}

export type KeyProblem = 'unknownSenderKey' | 'senderKeyChanged'

export class KeysNotProved extends Error {
  override readonly name = 'KeysNotProved'
  readonly reason: KeyProblem

  constructor(reason: KeyProblem) {
    super(reason)
    this.reason = reason
  }
}

export type Pins = Readonly<Record<string, string>>

export class Keyring {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #account: string
  readonly #known = new Map<string, Promise<readonly KnownKey[]>>()
  #pins: Pins

  constructor(desk: Desk, transport: Transport, account: string, pins: Pins) {
    this.#desk = desk
    this.#transport = transport
    this.#account = account
    this.#pins = pins
  }

  get pins(): Pins {
    return this.#pins
  }

  /** All keys of an account, the newest last. Raises KeysNotProved, Refusal. */
  keysOf(account: string): Promise<readonly KnownKey[]> {
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
    const key = (await this.keysOf(account)).at(-1)
    if (key === undefined) throw new KeysNotProved('unknownSenderKey')
    return key
  }

  /** Forget what was looked up, not what was pinned: a newer key may be there. */
  refresh(account: string): void {
    this.#known.delete(account)
  }

  async #lookUp(account: string): Promise<readonly KnownKey[]> {
    const { list } = await this.#transport.call('PublicKey/lookup', {
      accountId: this.#account,
      accounts: [account],
      history: true,
    })
    const keys = await prove(this.#desk, account, list.filter(key => key.account === account))
    this.#pin(account, keys)
    return keys
  }

  #pin(account: string, keys: readonly KnownKey[]): void {
    const newest = keys.at(-1)
    if (newest === undefined) throw new KeysNotProved('unknownSenderKey')
    const pinned = this.#pins[account]
    if (pinned !== undefined && !keys.some(({ id }) => id === pinned)) throw new KeysNotProved('senderKeyChanged')
    if (pinned !== newest.id) this.#pins = { ...this.#pins, [account]: newest.id }
  }
}

/** The keys of one account as a proved chain, the oldest first. Raises KeysNotProved. */
export async function prove(desk: Desk, account: string, list: readonly PublicKey[]): Promise<readonly KnownKey[]> {
  try {
    return await proveChain(desk, account, list.toSorted((a, b) => place(a) - place(b)))
  } catch (error) {
    if (error instanceof CryptoError || error instanceof SyntaxError) throw new KeysNotProved('unknownSenderKey')
    throw error
  }
}

async function proveChain(desk: Desk, account: string, list: readonly PublicKey[]): Promise<readonly KnownKey[]> {
  const chain = list.map(key => ({
    signingKey: unb64u(key.signingKey, 32),
    sealingKey: unb64u(key.sealingKey),
    statement: unb64u(key.statement),
    signature: unb64u(key.signature, 64),
  }))
  const verified = await desk.call('verifyStatements', { account, chain })
  return list.map((key, at) => {
    const [link, proof] = [chain[at], verified[at]]
    if (link === undefined || proof?.keyId !== key.id) throw new KeysNotProved('unknownSenderKey')
    const { signingKey, createdAt, id } = key
    return { id, signingKey, createdAt, sealingKey: link.sealingKey, statement: b64u(proof.hash) }
  })
}

/** Where a statement says it stands: only to sort by; the chain is proved afterwards. */
function place(key: PublicKey): number {
  const said = JSON.parse(new TextDecoder().decode(unb64u(key.statement))) as { seq?: unknown }
  return typeof said.seq === 'number' ? said.seq : 0
}
