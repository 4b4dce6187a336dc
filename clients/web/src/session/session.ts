/** One person's open mailbox, as values that pages show. Made at log-in, emptied at log-out; the keys stay in the worker. */
import { computed, signal, type ReadonlySignal } from '@preact/signals'
import type { SeenLog, Unlocked } from '../crypto/operations.ts'
import { isRefusal, Refusal } from '../wire/errors.ts'
import { Authoring } from './authoring.ts'
import { Box } from './box.ts'
import { BoxWatch } from './boxwatch.ts'
import { Carers } from './carers.ts'
import type { Desk } from './desk.ts'
import { Devices } from './devices.ts'
import { Changes } from './factorchanges.ts'
import { Factors } from './factors.ts'
import { forgetRead } from './forgetting.ts'
import { Idle } from './idle.ts'
import { KeyDirectory } from './keydirectory.ts'
import { Life } from './life.ts'
import { Listening, ownLetters } from './listening.ts'
import type { Mailbox } from './mailbox.ts'
import { OldDevice } from './pairing.ts'
import { Passkeys } from './passkey.ts'
import type { Ports } from './ports.ts'
import { Search } from './search.ts'
import type { Transport } from './transport.ts'

/**
 * `away`: the relay does not answer, so that nobody knows yet. `locked`: the relay knows this device, but nothing here
 * opens the keys: the password is asked for.
 */
export type Phase = 'starting' | 'away' | 'out' | 'locked' | 'in'

const REMINDER = 'reminder'

export class Session extends Authoring implements Mailbox {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #ports: Ports
  readonly #changes: Changes
  readonly #directory = new KeyDirectory()
  readonly #boxWatch: BoxWatch
  #end: () => void = () => undefined
  /** Counts openings and closings: what was begun before one shows nothing after it. */
  #turn = 0
  /** The person, whosever mailbox is open. */
  readonly #own = signal('')
  readonly phase = signal<Phase>('starting')
  /** The log-in ended by itself, not by leaving. */
  readonly ended = signal(false)
  readonly reachable = signal(true)
  readonly loaded = signal(false)
  readonly box: Box
  readonly factors: Factors
  readonly passkeys: Passkeys
  readonly devices: Devices
  readonly carers: Carers
  readonly life: Life
  /** Minutes before an appointment at which the person's own calendar shall remind them. */
  readonly reminder = signal<number | undefined>(undefined)
  /** The device of a pairing that has the keys. */
  readonly pairing: OldDevice
  readonly idle: Idle
  readonly search: Search

  readonly directory = this.#directory.trust
  readonly watchers = this.#directory.watchers
  readonly offeredWatchers = this.#directory.offeredWatchers
  readonly doubted = this.#directory.doubted
  readonly lines = this.#directory.lines
  readonly unkept = computed(() => this.reachable.value && this.#directory.unkept.value)

  /** The open mailbox is one that the person holds for somebody else. */
  readonly acting = computed(() => this.#own.value !== '' && (this.box.unlocked.value?.account ?? this.#own.value) !== this.#own.value)

  constructor(desk: Desk, transport: Transport, ports: Ports) {
    super(ports)
    this.#desk = desk
    this.#transport = transport
    this.#ports = ports
    this.box = new Box(desk, transport, ports, {
      onReplaced: () => void this.suspend(),
      onNewKeys: unlocked => void this.#beginAgain(unlocked),
    })
    this.#boxWatch = new BoxWatch(this.box, ports.clock)
    this.#changes = new Changes(desk, transport, ports, this.box, this)
    this.factors = new Factors(desk, transport, ports, this.box, this, this.#changes)
    this.passkeys = new Passkeys(ports, this.box, this, this.#changes)
    this.devices = new Devices(desk, transport, this)
    this.carers = new Carers(desk, transport, ports, this.box, this, this.#changes)
    this.life = new Life(transport, this)
    this.reminder.value = Number(ports.lasting.get(REMINDER) ?? Number.NaN) || undefined
    this.pairing = new OldDevice(desk, transport, ports, this)
    this.search = new Search(ports.searcher)
    this.idle = new Idle(ports, () => this.sending || this.current?.files.busy === true, () => void this.suspend())
    ports.presence.guard(() => this.current?.writing.busy === true || this.current?.drafts.unkept.value === true)
  }

  /** Open the mailbox with keys that the worker holds by now. Raises Refusal, KeysNotProved. */
  async start(unlocked: Unlocked): Promise<void> {
    try {
      this.#own.value = unlocked.account
      await this.#begin(unlocked)
    } catch (error) {
      // The relay may answer the next time; keys that it does not show as they are stay closed.
      if (!isRefusal(error)) await this.#lock()
      throw error
    }
  }

  /** Right after a log-in: keys in use for a year are replaced. Raises CryptoError. */
  renewIfDue(): Promise<void> {
    return this.#changes.rotateIfDue()
  }

  /**
   * Begin anew with this box: its keys have changed, or it is another account's. One that does not begin leads back to the
   * person's own. Raises Refusal, KeysNotProved, CryptoError.
   */
  async begin(unlocked: Unlocked): Promise<void> {
    this.phase.value = 'starting' // no page is shown without a mailbox
    this.#close()
    try {
      await this.#begin(unlocked)
    } catch (error) {
      if (unlocked.account === this.ownAccount) await this.suspend()
      else await this.begin(await this.box.leaveHeld())
      throw error
    }
  }

  /** As {@link begin}, where nobody waits for it. */
  async #beginAgain(unlocked: Unlocked): Promise<void> {
    await this.begin(unlocked).catch(() => undefined) // the page is locked by now, and says so
  }

  async #begin(unlocked: Unlocked): Promise<void> {
    const turn = (this.#turn += 1)
    const { openMailbox, closeMailbox } = await import('./opened.ts').catch(() => {
      throw new Refusal('unreachable')
    })
    const [desk, transport, ports, box] = [this.#desk, this.#transport, this.#ports, this.box]
    const listener = this.#listening(unlocked.account)
    const opened = await openMailbox(unlocked, { desk, transport, ports, box, listener, mailbox: this, author: this })
    if (turn !== this.#turn) {
      closeMailbox(opened)
      throw new Refusal('unauthorized') // the person left meanwhile
    }
    this.current = opened
    this.#end = () => closeMailbox(opened)
    this.filingNow.value = opened.filing
    const { restored } = opened
    if (restored !== undefined) {
      this.contents.add(restored.letters, true)
      opened.writing.arrive(ownLetters(restored.letters))
      this.loaded.value = true
      void opened.keyring.prepare(restored.letters.map(({ letter }) => letter.sender.account))
    }
    this.#directory.open(opened)
    this.carers.recall()
    this.ended.value = false
    this.phase.value = 'in'
    this.idle.start()
    opened.sync.start()
  }

  /**
   * Nothing readable stays. `byItself`: the relay ended it; then what was typed stays, sealed, for the next log-in, and
   * nothing else: somebody may have taken this device out because it is in other hands.
   */
  async stop(byItself: boolean): Promise<void> {
    this.#close()
    this.idle.forget()
    this.ended.value = byItself
    this.phase.value = 'out'
    await this.#lock()
    if (byItself) await forgetRead(this.#ports.store)
  }

  /** The log-in goes on, the keys are closed: the password is asked for. Drafts are saved by now. */
  async suspend(): Promise<void> {
    this.#close()
    this.phase.value = 'locked'
    await this.#lock()
  }

  #close(): void {
    this.#turn += 1
    this.idle.stop()
    this.#end()
    this.#end = () => undefined
    this.search.close()
    this.current = undefined
    this.filingNow.value = undefined
    this.#directory.close()
    this.contents.clear()
    this.contacts.value = new Map()
    this.loaded.value = false
  }

  async #lock(): Promise<void> {
    this.carers.forget()
    await this.box.forget()
    await this.#desk.call('lock', null)
  }

  /** The person, whosever mailbox is open. */
  get ownAccount(): string {
    return this.#own.value
  }

  /** The open box: whose it is, its version, what opens it. */
  get unlocked(): ReadonlySignal<Unlocked | undefined> {
    return this.box.unlocked
  }

  seenLog(): Promise<SeenLog> {
    return this.#directory.seen()
  }

  /** Look now: what could not be fetched before is tried again. */
  look(): Promise<void> {
    return this.opened.sync.look()
  }

  /** The person was told what is wrong with the directory: it is judged anew, by what it shows from now on. */
  async acknowledge(): Promise<void> {
    this.#directory.acknowledge()
    await this.look()
  }

  /** The person confirmed that those of this policy, which was shown to them, may watch the directory from now on. */
  async acceptPolicy(hash: string): Promise<void> {
    this.#directory.accept(hash)
    await this.look()
    this.opened.pinning.later()
  }

  /** Of this browser: the file that it saves has it. */
  remind(minutes: number | undefined): void {
    this.reminder.value = minutes
    if (minutes === undefined) this.#ports.lasting.remove(REMINDER)
    else this.#ports.lasting.set(REMINDER, String(minutes))
  }

  protected override lookIfRenewed(error: unknown): void {
    this.#boxWatch.lookIfRenewed(error)
  }

  #listening(account: string): Listening {
    const { contents, contacts, reachable, loaded } = this
    return new Listening({
      account,
      transport: this.#transport,
      contents,
      contacts,
      reachable,
      loaded,
      boxWatch: this.#boxWatch,
      open: () => this.current,
      onEnded: () => void this.stop(true),
      onNotProved: () => this.suspend(),
      onNotHeld: () => {
        if (this.acting.value) void this.carers.back()
      },
    })
  }
}
