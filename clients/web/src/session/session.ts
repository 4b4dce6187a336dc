/** One person's open mailbox, as values that pages show. Made at log-in, emptied at log-out; the keys stay in the worker. */
import { computed, signal, type ReadonlySignal } from '@preact/signals'
import type { Answer, Moment } from '../content/agenda.ts'
import type { Attachment } from '../content/attachment.ts'
import { CryptoError } from '../crypto/errors.ts'
import type { SeenLog, Unlocked } from '../crypto/operations.ts'
import { isRefusal, Refusal } from '../wire/errors.ts'
import type { Contact } from '../wire/types.ts'
import { answering, answerSubject, type Aim, type Known } from './aim.ts'
import type { AccessLog } from './accesslog.ts'
import type { Apps } from './apps.ts'
import { Box } from './box.ts'
import { Carers } from './carers.ts'
import { Contents, isForOtherKeys } from './contents.ts'
import type { Desk } from './desk.ts'
import { Devices } from './devices.ts'
import type { Diary } from './diary.ts'
import { KeysNotProved } from './distrust.ts'
import { arrived, type AgendaEntry, type Arrived, type Entry, type Thread } from './entries.ts'
import { Changes } from './factorchanges.ts'
import type { Drafts } from './drafts.ts'
import type { Emergencies } from './emergencies.ts'
import { Factors } from './factors.ts'
import type { Files } from './files.ts'
import type { Filing } from './filing.ts'
import { forgetRead } from './forgetting.ts'
import { Idle } from './idle.ts'
import { KeyDirectory } from './keydirectory.ts'
import { Life } from './life.ts'
import type { Chain, KnownKey } from './line.ts'
import type { Mailbox } from './mailbox.ts'
import type { Notices } from './notices.ts'
import type { Opened } from './opened.ts'
import type { Draft } from './outgoing.ts'
import { OldDevice } from './pairing.ts'
import { Passkeys } from './passkey.ts'
import type { Personal } from './personal.ts'
import type { Ports } from './ports.ts'
import { readReceipt } from './receipts.ts'
import type { Register } from './register.ts'
import { Search } from './search.ts'
import type { Shelf } from './shelf.ts'
import type { States } from './states.ts'
import type { Listener } from './sync.ts'
import type { Transport } from './transport.ts'
import { guessName } from './who.ts'
import type { Writing } from './writing.ts'

/**
 * `away`: the relay does not answer, so that nobody knows yet. `locked`: the relay knows this device, but nothing here
 * opens the keys: the password is asked for.
 */
export type Phase = 'starting' | 'away' | 'out' | 'locked' | 'in'

const REMINDER = 'reminder'
const BOX_EVERY = 60_000 // milliseconds between two looks at the box that letters bring about

export class Session implements Mailbox {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #ports: Ports
  readonly #changes: Changes
  readonly #directory = new KeyDirectory()
  readonly #contents = new Contents(entry => this.isRead(entry))
  #open: Opened | undefined
  #end: () => void = () => undefined
  /** Counts openings and closings: what was begun before one shows nothing after it. */
  #turn = 0
  /** The person, whosever mailbox is open. */
  readonly #own = signal('')
  #lookedAtBox = 0
  readonly #filing = signal<Filing | undefined>(undefined)
  readonly phase = signal<Phase>('starting')
  /** The log-in ended by itself, not by leaving. */
  readonly ended = signal(false)
  readonly reachable = signal(true)
  readonly loaded = signal(false)
  readonly contacts = signal<ReadonlyMap<string, Contact>>(new Map())
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

  readonly threads = this.#contents.threads
  readonly unreadable = this.#contents.unreadable
  readonly agenda = this.#contents.agenda
  readonly record = this.#contents.record
  readonly news = this.#contents.news
  /** Those who wrote, those who wrote last first. */
  readonly people = this.#contents.people
  /** All that came, as it came. */
  readonly entries = this.#contents.list
  /** The open mailbox is one that the person holds for somebody else. */
  readonly acting = computed(() => this.#own.value !== '' && (this.box.unlocked.value?.account ?? this.#own.value) !== this.#own.value)
  readonly unread = computed(() => this.threads.value.filter(thread => thread.unread > 0).length)
  readonly pending = computed(() => this.agenda.value.filter(({ state }) => state === 'pending').length)

  constructor(desk: Desk, transport: Transport, ports: Ports) {
    this.#desk = desk
    this.#transport = transport
    this.#ports = ports
    this.box = new Box(desk, transport, ports, {
      onReplaced: () => void this.suspend(),
      onNewKeys: unlocked => void this.#beginAgain(unlocked),
    })
    this.#changes = new Changes(desk, transport, ports, this.box, this)
    this.factors = new Factors(desk, transport, ports, this.box, this, this.#changes)
    this.passkeys = new Passkeys(ports, this.box, this, this.#changes)
    this.devices = new Devices(desk, transport, this)
    this.carers = new Carers(desk, transport, ports, this.box, this, this.#changes)
    this.life = new Life(transport, this)
    this.reminder.value = Number(ports.lasting.get(REMINDER) ?? Number.NaN) || undefined
    this.pairing = new OldDevice(desk, transport, ports, this)
    this.search = new Search(ports.searcher)
    this.idle = new Idle(ports, () => this.sending || this.#open?.files.busy === true, () => void this.suspend())
    ports.presence.guard(() => this.#open?.writing.busy === true || this.#open?.drafts.unkept.value === true)
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
    const listener = this.#listener(unlocked.account)
    const opened = await openMailbox(unlocked, { desk, transport, ports, box, listener, mailbox: this, author: this })
    if (turn !== this.#turn) {
      closeMailbox(opened)
      throw new Refusal('unauthorized') // the person left meanwhile
    }
    this.#open = opened
    this.#end = () => closeMailbox(opened)
    this.#filing.value = opened.filing
    const { restored } = opened
    if (restored !== undefined) {
      this.#contents.add(restored.letters, true)
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
    this.#open = undefined
    this.#filing.value = undefined
    this.#directory.close()
    this.#contents.clear()
    this.contacts.value = new Map()
    this.loaded.value = false
  }

  async #lock(): Promise<void> {
    this.carers.forget()
    await this.box.forget()
    await this.#desk.call('lock', null)
  }

  get account(): string {
    return this.#opened.account
  }

  /** The person, whosever mailbox is open. */
  get ownAccount(): string {
    return this.#own.value
  }

  /** The open box: whose it is, its version, what opens it. */
  get unlocked(): ReadonlySignal<Unlocked | undefined> {
    return this.box.unlocked
  }

  get states(): States {
    return this.#opened.states
  }

  keysOf(account: string): Promise<Chain> {
    return this.#opened.keyring.keysOf(account)
  }

  async currentKey(account: string): Promise<KnownKey> {
    const key = (await this.#opened.keyring.currentKeys([account])).get(account)
    if (key === undefined) throw new Refusal('recipientNotFound')
    return key
  }

  seenLog(): Promise<SeenLog> {
    return this.#directory.seen()
  }

  get personal(): Personal {
    return this.#opened.personal
  }

  get filing(): Filing {
    return this.#opened.filing
  }

  get drafts(): Drafts {
    return this.#opened.drafts
  }

  isRead(entry: Arrived): boolean {
    return entry.box === 'out' || (this.#filing.value?.read.value.has(entry.letter.message) ?? false)
  }

  thread(id: string): Thread | undefined {
    return this.threads.value.find(thread => thread.id === id)
  }

  /** Look now: what could not be fetched before is tried again. */
  look(): Promise<void> {
    return this.#opened.sync.look()
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
    this.#opened.pinning.later()
  }

  /** Whether the sender of a letter may be answered; undefined when the relay said nothing of them. */
  mayAnswer(account: string): boolean | undefined {
    const contact = this.contacts.value.get(account)
    return contact === undefined ? undefined : contact.mayWrite && !contact.blocked
  }

  /** The name that others see: the chosen one, else the one that the clinicians' documents use. */
  ownName(): string {
    return this.personal.name.value || guessName(arrived(this.#contents.list.value))
  }

  /** Those who wrote and may be written to, those who wrote last first. */
  reachablePeople(): readonly Known[] {
    return this.people.value.filter(({ account }) => this.mayAnswer(account) === true)
  }

  fetchFile(attachment: Attachment): Promise<Uint8Array> {
    return this.#opened.files.fetch(attachment)
  }

  /** Who did what in the open mailbox. */
  get accessLog(): AccessLog {
    return this.#opened.accessLog
  }

  /** The record, as far as the person arranges it. */
  get shelf(): Shelf {
    return this.#opened.shelf
  }

  /** Appointments that the person writes down. */
  get diary(): Diary {
    return this.#opened.diary
  }

  /** What certified apps may do in the open mailbox. */
  get apps(): Apps {
    return this.#opened.apps
  }

  /** What was left for when nobody can ask. */
  get emergencies(): Emergencies {
    return this.#opened.emergencies
  }

  /** Who lets themselves be found. */
  get register(): Register {
    return this.#opened.register
  }

  /** How the owner of the open mailbox is told that something came. */
  get notices(): Notices {
    return this.#opened.notices
  }

  get files(): Files {
    return this.#opened.files
  }

  /** Something is on its way out by itself. */
  get sending(): boolean {
    return this.#open?.writing.sending === true
  }

  get outbox(): Writing['outbox'] {
    return this.#opened.writing.outbox
  }

  get composer(): Writing['composer'] {
    return this.#opened.writing.composer
  }

  draft(answers: Arrived, text: string, parts: Draft['parts']): Draft {
    return this.#opened.writing.answer(answers, text, parts)
  }

  submit(answers: Arrived, wrote: string): void {
    const { mail, text, subject } = answers.letter
    // Mail programs show no conversation: there, what is answered stands below the answer (line `wrote` above it).
    this.#opened.writing.submit(answering(answers), answerSubject(subject), mail === null ? undefined : { wrote, earlier: text })
  }

  /** A first letter to somebody who may be written to; its draft has what it is about. */
  submitFirst(to: Aim): void {
    this.drafts.write(to.thread, { to: to.account })
    this.#opened.writing.submit(to, this.drafts.of(to.thread).subject)
  }

  /** The newest letter that this thread's draft was before it was edited, and that the relay took all the same. */
  leftBefore(thread: string): Arrived | undefined {
    const { handed } = this.drafts.of(thread)
    if (handed.length === 0) return undefined
    return arrived(this.#contents.list.value).findLast(({ box, letter }) => box === 'out' && handed.includes(letter.message))
  }

  /** The files of this thread's draft are brought to the relay, as far as they are still here. */
  resumeFiles(thread: string): void {
    this.#opened.writing.resume(thread)
  }

  undo(message: string): void {
    this.#opened.writing.undo(message)
  }

  respond(entry: AgendaEntry, answer: Answer, sentence: string): Promise<void> {
    return this.#opened.writing.respond(entry, answer, sentence)
  }

  /** Of this browser: the file that it saves has it. */
  remind(minutes: number | undefined): void {
    this.reminder.value = minutes
    if (minutes === undefined) this.#ports.lasting.remove(REMINDER)
    else this.#ports.lasting.set(REMINDER, String(minutes))
  }

  propose(entry: AgendaEntry, start: Moment, end: Moment | null, sentence: string): Promise<void> {
    return this.#opened.writing.propose(entry, start, end, sentence)
  }

  /** Tell who asked for it that their letter was read. Raises Refusal, KeysNotProved. */
  tellRead(read: Arrived): Promise<void> {
    return this.send(readReceipt(read, this.#ports.clock.now()))
  }

  /** Seal and deliver. Raises Refusal, KeysNotProved. */
  async send(draft: Draft): Promise<void> {
    const { account, keyId, outgoing, pinning, sync } = this.#opened
    const author = { account, key: keyId, name: this.ownName() }
    const thread = this.thread(draft.to.thread)?.letters ?? []
    await outgoing.send(draft, author, thread, this.#ports.clock.now()).catch((error: unknown) => this.#notSent(error))
    pinning.later()
    await sync.look()
  }

  /** One's own line has grown without this page: another device renewed the keys. */
  #notSent(error: unknown): never {
    this.#lookIfRenewed(error)
    throw error
  }

  #lookIfRenewed(error: unknown): void {
    if (error instanceof KeysNotProved && error.reason === 'ownKeyChanged') this.#lookAtBox()
  }

  get #opened(): Opened {
    if (this.#open === undefined) throw new Error('nobody is logged in')
    return this.#open
  }

  #listener(account: string): Listener {
    return {
      onEntries: (entries, first) => {
        this.#open?.writing.arrive(ownLetters(entries))
        const added = this.#contents.add(entries, first)
        this.#open?.cache.add(entries)
        if (first) return
        if (added.length > 0) this.#open?.pinning.later()
        if (entries.some(isForOtherKeys)) this.#lookAtBox()
      },
      onGone: ids => {
        this.#contents.remove(ids)
        this.#open?.cache.remove(ids)
      },
      onState: state => this.#open?.cache.reached(state),
      onReachable: reachable => {
        this.reachable.value = reachable
        if (reachable) this.#open?.writing.outbox.retry()
      },
      onLoaded: () => {
        this.loaded.value = true
        this.#open?.pinning.later()
      },
      onLook: async () => {
        const { list } = await this.#transport.call('Contact/get', { accountId: account }).catch((error: unknown) => this.#notHeld(error))
        this.contacts.value = new Map(list.map(contact => [contact.peer, contact]))
        await this.#prove()
        await this.#recheck()
      },
      onRead: async () => this.#open?.log.prove(),
      onEnded: () => void this.stop(true),
      onStates: () => void this.#open?.drafts.refresh().catch(unlessRefused),
    }
  }

  /** An account that the person may act for no more is left: what ends is not the log-in. */
  #notHeld(error: unknown): never {
    const isOver = isRefusal(error, 'accountNotFound') || isRefusal(error, 'forbidden')
    if (isOver && this.acting.value) void this.carers.back()
    throw error
  }

  /** A letter that nothing here opens may be for keys that another device made meanwhile. */
  #lookAtBox(): void {
    const now = this.#ports.clock.now().getTime()
    if (now - this.#lookedAtBox < BOX_EVERY) return
    this.#lookedAtBox = now
    this.box.refresh().catch((error: unknown) => {
      if (!isRefusal(error) && !(error instanceof CryptoError)) throw error
    })
  }

  /** A mailbox that was opened without the relay is closed when its keys turn out not to be the person's. Raises Refusal. */
  async #prove(): Promise<void> {
    try {
      await this.#open?.prove()
    } catch (error) {
      if (isRefusal(error)) throw error
      await this.suspend()
    }
  }

  /** What is wrong with the directory is shown, and keeps letters from being sealed: it does not end the look. */
  async #recheck(): Promise<void> {
    try {
      await this.#open?.keyring.recheck()
    } catch (error) {
      if (isRefusal(error)) throw error
      this.#lookIfRenewed(error)
    }
  }
}

const ownLetters = (entries: readonly Entry[]): readonly string[] =>
  arrived(entries).flatMap(({ box, letter }) => (box === 'out' ? [letter.message] : []))

/** The next look asks again. */
function unlessRefused(error: unknown): void {
  if (!isRefusal(error)) throw error
}
