/**
 * A second device gets the keys from the first (docs/spec/pairing.md): both sides of it.
 *
 * Laws: the box key leaves the old device, and is taken by the new one, only after the person said there that the digits
 * are the same: else whoever reads the code first could put the person into a mailbox of his own.
 */
import { signal } from '@preact/signals'
import { codeText, parseCode } from '../crypto/code.ts'
import { b64u, unb64u } from '../crypto/encoding.ts'
import { CryptoError } from '../crypto/errors.ts'
import { isRefusal, Refusal } from '../wire/errors.ts'
import {
  PAIRING_BEGIN,
  PAIRING_CLAIM,
  PAIRING_END,
  PAIRING_FIND,
  PAIRING_GRANT,
  PAIRING_HELLO,
  PAIRING_POLL,
} from '../wire/names.ts'
import type { PairingBegun, PairingFound, PairingSeen, Tokens } from '../wire/types.ts'
import type { Desk } from './desk.ts'
import { nameOf } from './logins.ts'
import type { Mailbox } from './mailbox.ts'
import type { Cancel, Ports } from './ports.ts'
import type { Transport } from './transport.ts'

const POLL = 2000 // milliseconds
const LINK = '#pair/'

/** `address` is what the QR code says; `until` is when the relay forgets it, in milliseconds. */
export type PairingState =
  | { readonly kind: 'idle' | 'starting' | 'opening' | 'done' | 'expired' }
  | { readonly kind: 'showing'; readonly code: string; readonly address: string; readonly until: number }
  /** `confirmed`: the person said here that they are the same, and the other device's word is waited for. */
  | { readonly kind: 'comparing'; readonly digits: string; readonly confirmed: boolean }
  | { readonly kind: 'failed'; readonly error: unknown }

/** What the account's first device granted. The box key is in the worker. */
export type Granted = { readonly tokens: Tokens; readonly account: string; readonly login: string }

/** What the QR shows. `origin` is scheme, host and port; `text` the code as machines carry it. */
export const pairingLink = (origin: string, text: string): string => `${origin}/${LINK}${text}`

/** The code that a QR text, an address or a person says, as machines carry it. Raises CryptoError `BadCode`. */
export function readPairing(text: string, origin?: string): string {
  const at = text.indexOf(LINK)
  const before = at < 0 ? '' : text.slice(0, at)
  // A code of another origin is another relay's: this one could not find it, and should not hear of it.
  if (before !== '' && origin !== undefined && before !== `${origin}/`) throw new CryptoError('BadCode', 'pairing/1')
  return codeText(parseCode(at < 0 ? text : text.slice(at + LINK.length)))
}

/** The new device: it shows a code, then digits, and waits. */
export class NewDevice {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #ports: Pick<Ports, 'clock'>
  readonly #enter: (granted: Granted) => Promise<void>
  readonly state = signal<PairingState>({ kind: 'idle' })
  /** Counts attempts: what an earlier one still hears changes nothing. */
  #attempt = 0
  #claim: string | undefined
  #confirmed = false
  #stop: Cancel = () => undefined

  constructor(desk: Desk, transport: Transport, ports: Pick<Ports, 'clock'>, enter: (granted: Granted) => Promise<void>) {
    this.#desk = desk
    this.#transport = transport
    this.#ports = ports
    this.#enter = enter
  }

  /** Show a code and wait for the other device. Never rejects: the state says how it goes. */
  async begin(trustDevice: boolean): Promise<void> {
    await this.cancel()
    const attempt = this.#attempt
    this.state.value = { kind: 'starting' }
    try {
      const { code, text, key } = await this.#desk.call('beginPairing', null)
      const { claim, expiresIn } = await this.#transport.door<PairingBegun>(PAIRING_BEGIN, { key: b64u(key) })
      if (attempt !== this.#attempt) return
      this.#claim = claim
      const until = this.#ports.clock.now().getTime() + expiresIn * 1000
      this.state.value = { kind: 'showing', code, address: pairingLink(this.#transport.origin, text), until }
      this.#later(attempt, () => this.#poll(attempt, claim, until, trustDevice))
    } catch (error) {
      await this.#end(attempt, { kind: 'failed', error })
    }
  }

  /** The person says that the other device shows the same digits: what it grants may be opened. */
  confirm(): void {
    if (this.state.value.kind !== 'comparing') return
    this.#confirmed = true
    this.state.value = { ...this.state.value, confirmed: true }
  }

  /** The person gave up, or begins again. Never rejects. */
  async cancel(): Promise<void> {
    const claim = this.#claim
    await this.#end(this.#attempt, { kind: 'idle' })
    if (claim !== undefined) await unlessRefused(this.#transport.door(PAIRING_END, { claim }))
  }

  #later(attempt: number, work: () => Promise<void>): void {
    this.#stop = this.#ports.clock.later(POLL, () => {
      work().catch((error: unknown) => this.#end(attempt, { kind: 'failed', error }))
    })
  }

  async #poll(attempt: number, claim: string, until: number, trustDevice: boolean): Promise<void> {
    const seen = await this.#seen(claim)
    if (attempt !== this.#attempt) return
    if (seen === 'gone' || this.#ports.clock.now().getTime() >= until) {
      await this.#end(attempt, { kind: 'expired' })
      return
    }
    if (seen !== undefined && (await this.#heard(attempt, claim, seen, trustDevice))) return
    if (attempt === this.#attempt) this.#later(attempt, () => this.#poll(attempt, claim, until, trustDevice))
  }

  /** Undefined when the relay did not answer: it is asked again. */
  async #seen(claim: string): Promise<PairingSeen | 'gone' | undefined> {
    try {
      return await this.#transport.door<PairingSeen>(PAIRING_POLL, { claim })
    } catch (error) {
      if (isRefusal(error, 'notFound')) return 'gone'
      if (isRefusal(error) && PASSING.has(error.kind)) return undefined
      throw error
    }
  }

  /** True when the grant came, and the person here had said that the digits are the same. */
  async #heard(attempt: number, claim: string, { hello, grant }: PairingSeen, trustDevice: boolean): Promise<boolean> {
    if (hello === null) return false
    const { digits } = await this.#desk.call('hearHello', unb64u(hello))
    if (attempt !== this.#attempt) return false
    this.state.value = { kind: 'comparing', digits, confirmed: this.#confirmed }
    if (grant === null || !this.#confirmed) return false
    const { account, login } = await this.#desk.call('acceptGrant', unb64u(grant))
    if (attempt !== this.#attempt) return false
    this.state.value = { kind: 'opening' }
    const tokens = await this.#transport.door<Tokens>(PAIRING_CLAIM, { claim, cookie: true, trustDevice })
    this.#claim = undefined
    if (tokens.account !== account) throw new CryptoError('CannotOpen', 'pairing/3')
    await this.#enter({ tokens, account, login })
    await this.#end(attempt, { kind: 'done' })
    return true
  }

  async #end(attempt: number, state: PairingState): Promise<void> {
    if (attempt !== this.#attempt) return
    this.#attempt += 1
    this.#stop()
    this.#claim = undefined
    this.#confirmed = false
    this.state.value = state
    await this.#desk.call('endPairing', null)
  }
}

/** `network` and `since` (RFC 3339) are the relay's word; `origin` is where a new device of one's own was opened. */
export type Found = { readonly digits: string; readonly network: string; readonly since: string; readonly origin: string }

/** The old device: it reads the code, and hands the box key over when the person says so. */
export class OldDevice {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #ports: Pick<Ports, 'lasting'>
  readonly #mailbox: Mailbox
  #pairing: string | undefined

  constructor(desk: Desk, transport: Transport, ports: Pick<Ports, 'lasting'>, mailbox: Mailbox) {
    this.#desk = desk
    this.#transport = transport
    this.#ports = ports
    this.#mailbox = mailbox
  }

  /**
   * The digits that the new device shows as well, if the relay gave its key; and from where and since when it asks.
   *
   * Raises CryptoError: `BadCode` before anything is sent, `CannotOpen` for another key than the code's; Refusal `notFound`.
   */
  async find(code: string): Promise<Found> {
    const pairing = readPairing(code, this.#transport.origin)
    this.#pairing = undefined
    const { key, network, since } = await this.#transport.bearer<PairingFound>(PAIRING_FIND, { pairing })
    const { sealed, digits } = await this.#desk.call('makeHello', { code: pairing, key: unb64u(key, 1216) })
    await this.#transport.bearer(PAIRING_HELLO, { pairing, sealed: b64u(sealed) })
    this.#pairing = pairing
    return { digits, network, since, origin: this.#transport.origin }
  }

  /** The digits are the same: the other device gets the keys. Raises Refusal (`confirmFirst`: confirm, then once more). */
  async approve(): Promise<void> {
    const pairing = this.#pairing
    if (pairing === undefined) throw new Refusal('notFound')
    const login = nameOf(this.#ports.lasting, this.#mailbox.ownAccount)
    const sealed = b64u(await this.#desk.call('makeGrant', { login }))
    await this.#transport.bearer(PAIRING_GRANT, { pairing, sealed })
    this.#pairing = undefined
    await this.#desk.call('endPairing', null)
  }

  /** They are not the same, or nobody wants it any more. Never rejects. */
  async refuse(): Promise<void> {
    const pairing = this.#pairing
    this.#pairing = undefined
    await this.#desk.call('endPairing', null)
    if (pairing !== undefined) await unlessRefused(this.#transport.bearer(PAIRING_END, { pairing }))
  }
}

const PASSING: ReadonlySet<string> = new Set(['unreachable', 'timeout', 'serverUnavailable', 'rateLimit', 'tooManyAttempts'])

async function unlessRefused(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!isRefusal(error)) throw error
  }
}
