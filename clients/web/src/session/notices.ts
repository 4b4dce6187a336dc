/**
 * How the owner of the open mailbox is told that something came (docs/spec/protocol.md, NotificationSettings, PushSubscription).
 *
 * A notice holds no sender, no count and no content: what it says is one sentence that the relay has no other of.
 */
import { Refusal } from '../wire/errors.ts'
import { VAPID } from '../wire/names.ts'
import type { NotificationSettings, PushKeys, SettingsUpdate } from '../wire/notices.ts'
import { raise } from './devices.ts'
import type { Mailbox } from './mailbox.ts'
import type { Transport } from './transport.ts'

export type PushVerification = { readonly id: string; readonly code: string }
/** `refused`: the person or the browser said no. `impossible`: this browser cannot. */
export type PushState = 'on' | 'off' | 'refused' | 'impossible'

/** What this module asks of a browser that shows notices while no page is open. */
export interface Pushing {
  readonly state: () => Promise<PushState>
  /** Where to push to: the person is asked. Undefined when they, or the browser, say no. */
  readonly subscribe: (applicationServerKey: string) => Promise<{ readonly url: string; readonly keys: PushKeys } | undefined>
  readonly unsubscribe: () => Promise<void>
  /** `work` gets what the relay pushes first, until it is cancelled (RFC 8620, 7.2.2). */
  readonly onVerification: (work: (verification: PushVerification) => void) => () => void
}

const CLIENT = 'pli-web' // one page is one client of its device: subscribing again replaces what there was
const VERIFICATION_WITHIN = 30_000 // milliseconds

export class Notices {
  readonly #transport: Transport
  readonly #mailbox: Mailbox
  readonly #later: (milliseconds: number, work: () => void) => () => void

  constructor(transport: Transport, mailbox: Mailbox, later: (milliseconds: number, work: () => void) => () => void) {
    this.#transport = transport
    this.#mailbox = mailbox
    this.#later = later
  }

  /** Raises Refusal. */
  async load(): Promise<NotificationSettings> {
    const { list } = await this.#transport.call('NotificationSettings/get', { accountId: this.#mailbox.account })
    const [settings] = list
    if (settings === undefined) throw new Refusal('serverFail')
    return settings
  }

  /** What is not named stays. Raises Refusal: `forbidden` for an address where the relay sends no mail. */
  async save(update: SettingsUpdate): Promise<NotificationSettings> {
    const given = { accountId: this.#mailbox.account, update: { settings: update } }
    raise((await this.#transport.call('NotificationSettings/set', given)).notUpdated)
    return this.load()
  }

  /** A code of its own for the address that waits for one. Raises Refusal. */
  async sendCodeAgain(email: string): Promise<NotificationSettings> {
    await this.save({ email: null })
    return this.save({ email })
  }

  /** The six digits that the address was sent. Raises Refusal `wrongCode`, `codeExpired`. */
  async confirm(code: string): Promise<NotificationSettings> {
    await this.#transport.call('NotificationSettings/confirm', { accountId: this.#mailbox.account, code })
    return this.load()
  }

  /** A notice now. False: there is nothing confirmed to send it to. Raises Refusal. */
  async test(by: 'email' | 'push'): Promise<boolean> {
    return (await this.#transport.call('NotificationSettings/test', { accountId: this.#mailbox.account, by })).sent
  }

  /** Whether this device is told by pushes: the browser and the relay both say so. Raises Refusal. */
  async pushState(pushing: Pushing): Promise<PushState> {
    const state = await pushing.state()
    if (state !== 'on') return state
    const { list } = await this.#transport.call('PushSubscription/get', { ids: null })
    return list.some(one => one.deviceClientId === CLIENT && one.verificationCode !== null) ? 'on' : 'off'
  }

  /**
   * From now on this device is told: subscribed, and the code that was pushed to it given back. False: the person said no,
   * or the code did not come. Raises Refusal: `forbidden` where the relay pushes nothing.
   */
  async startPush(pushing: Pushing): Promise<boolean> {
    const key = (await this.#transport.capabilities())[VAPID]?.['applicationServerKey']
    if (typeof key !== 'string') throw new Refusal('forbidden')
    const target = await pushing.subscribe(key)
    if (target === undefined) return false
    const pushed = this.#verifications(pushing)
    try {
      const create = { page: { deviceClientId: CLIENT, ...target } }
      const done = await this.#transport.call('PushSubscription/set', { create })
      raise(done.notCreated)
      const id = done.created?.['page']?.id ?? ''
      const verificationCode = await pushed.of(id)
      if (verificationCode === undefined) return false
      raise((await this.#transport.call('PushSubscription/set', { update: { [id]: { verificationCode } } })).notUpdated)
      return true
    } finally {
      pushed.stop()
    }
  }

  /** Raises Refusal. */
  async stopPush(pushing: Pushing): Promise<void> {
    const { list } = await this.#transport.call('PushSubscription/get', { ids: null })
    const destroy = list.filter(one => one.deviceClientId === CLIENT).map(({ id }) => id)
    if (destroy.length > 0) await this.#transport.call('PushSubscription/set', { destroy })
    await pushing.unsubscribe()
  }

  /** It may come before the relay's answer does, so that listening begins before. */
  #verifications(pushing: Pushing): { readonly of: (id: string) => Promise<string | undefined>; readonly stop: () => void } {
    const codes = new Map<string, string>()
    let heard = (): void => undefined
    const cancel = pushing.onVerification(({ id, code }) => {
      codes.set(id, code)
      heard()
    })
    let isOver = false
    const stopWaiting = this.#later(VERIFICATION_WITHIN, () => {
      isOver = true
      heard()
    })
    const stop = (): void => {
      cancel()
      stopWaiting()
    }
    const of = async (id: string): Promise<string | undefined> => {
      while (!codes.has(id) && !isOver) await new Promise<void>(resolve => (heard = resolve))
      return codes.get(id)
    }
    return { of, stop }
  }
}
