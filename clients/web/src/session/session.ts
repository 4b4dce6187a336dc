/** One person's open mailbox, as values that pages show. Made at log-in, emptied at log-out; the keys stay in the worker. */
import { computed, signal, type ReadonlySignal } from '@preact/signals'
import type { Attachment } from '../content/attachment.ts'
import { reply, type Answer, type Invitation, type Person } from '../content/agenda.ts'
import { CryptoError } from '../crypto/errors.ts'
import type { SeenLog, Unlocked } from '../crypto/operations.ts'
import { isRefusal, Refusal } from '../wire/errors.ts'
import type { Contact } from '../wire/types.ts'
import { Box } from './box.ts'
import { Carers } from './carers.ts'
import { Changes } from './factorchanges.ts'
import { Composer } from './composer.ts'
import type { Desk } from './desk.ts'
import {
  agenda,
  arrived,
  filed,
  threads,
  unreadable,
  type AgendaEntry,
  type Arrived,
  type Entry,
  type Thread,
} from './entries.ts'
import { Devices } from './devices.ts'
import { Factors } from './factors.ts'
import { Files } from './files.ts'
import { Idle } from './idle.ts'
import { KeysNotProved, type Trust } from './distrust.ts'
import { KeyLog } from './keylog.ts'
import { Keyring } from './keyring.ts'
import { Life } from './life.ts'
import type { Chain, KnownKey } from './line.ts'
import type { Mailbox } from './mailbox.ts'
import { Outbox } from './outbox.ts'
import { answerSubject, Outgoing, type Author, type Draft } from './outgoing.ts'
import { OldDevice } from './pairing.ts'
import { Passkeys } from './passkey.ts'
import { Personal } from './personal.ts'
import type { Ports } from './ports.ts'
import { freshId } from './ids.ts'
import { PinSaver } from './pinning.ts'
import { Reader } from './reader.ts'
import { States } from './states.ts'
import { Sync } from './sync.ts'
import type { Transport } from './transport.ts'
import { guessName, ownAddress } from './who.ts'

/**
 * `away`: the relay does not answer, so that nobody knows yet. `locked`: the relay knows this device, but nothing here
 * opens the keys: the password is asked for.
 */
export type Phase = 'starting' | 'away' | 'out' | 'locked' | 'in'

/** What lives as long as one log-in. */
type Open = {
  readonly account: string
  readonly keyId: string
  readonly states: States
  readonly keyring: Keyring
  readonly personal: Personal
  readonly files: Files
  readonly outgoing: Outgoing
  readonly pinning: PinSaver
  readonly sync: Sync
}
/** What is known of keys, as long as one log-in. */
type Directory = { readonly log: KeyLog; readonly keyring: Keyring; readonly pinning: PinSaver }

const BOX_EVERY = 60_000 // milliseconds between two looks at the box that letters bring about
const NOBODY: ReadonlyMap<string, Chain> = new Map()
const NOTHING: ReadonlySet<string> = new Set()

export class Session implements Mailbox {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #ports: Ports
  readonly #changes: Changes
  #open: Open | undefined
  /** The person, whosever mailbox is open. */
  readonly #own = signal('')
  #lookedAtBox = 0
  readonly #entries = signal<ReadonlyMap<string, Entry>>(new Map())
  readonly #personal = signal<Personal | undefined>(undefined)
  readonly #directory = signal<Directory | undefined>(undefined)
  readonly phase = signal<Phase>('starting')
  /** The log-in ended by itself, not by leaving. */
  readonly ended = signal(false)
  readonly reachable = signal(true)
  readonly loaded = signal(false)
  readonly contacts = signal<ReadonlyMap<string, Contact>>(new Map())
  /** The letters that arrived last, to be announced. */
  readonly news = signal<readonly Arrived[]>([])
  readonly outbox: Outbox
  readonly composer: Composer
  readonly box: Box
  readonly factors: Factors
  readonly passkeys: Passkeys
  readonly devices: Devices
  readonly carers: Carers
  readonly life: Life
  /** The device of a pairing that has the keys. */
  readonly pairing: OldDevice
  readonly idle: Idle

  /** Whether the directory of keys is believed; while it is not, nothing is sealed, and this says why. */
  readonly directory = computed<Trust>(() => {
    const there = this.#directory.value
    if (there === undefined) return 'unknown'
    const state = there.log.state.value
    return state === 'trusted' ? (there.keyring.ownProblem.value ?? state) : state
  })
  /** By whom the directory is watched, and who would watch it once the person accepts a new policy. */
  readonly watchers = computed(() => this.#directory.value?.log.policy.value)
  readonly offeredWatchers = computed(() => this.#directory.value?.log.offered.value)
  /** What was seen of others' keys stays in this page alone: the relay keeps refusing the key box. */
  readonly unkept = computed(() => this.reachable.value && (this.#directory.value?.pinning.failing.value ?? false))
  /** Checkpoints of letters (`size root`) that the directory does not fit. */
  readonly doubted = computed(() => this.#directory.value?.log.doubted.value ?? NOTHING)
  /** The keys of those who wrote, the oldest first. */
  readonly lines = computed(() => this.#directory.value?.keyring.lines.value ?? NOBODY)

  readonly #list = computed(() => [...this.#entries.value.values()])
  readonly threads = computed<readonly Thread[]>(() => threads(this.#list.value, entry => this.isRead(entry)))
  readonly unreadable = computed(() => unreadable(this.#list.value))
  readonly agenda = computed<readonly AgendaEntry[]>(() => agenda(this.#list.value))
  readonly record = computed(() => filed(this.#list.value))
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
    this.life = new Life(desk, transport, this)
    this.pairing = new OldDevice(desk, transport, ports, this)
    this.outbox = new Outbox(ports.clock, draft => this.#send(draft))
    this.composer = new Composer((file, name, type, onBytes) => this.#opened.files.keep(file, name, type, onBytes))
    const isBusy = (): boolean => this.outbox.sending || this.composer.busy
    this.idle = new Idle(ports, isBusy, () => void this.suspend())
    ports.presence.guard(() => this.outbox.busy || this.composer.busy)
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
    const { account, keyId } = unlocked
    const [desk, transport] = [this.#desk, this.#transport]
    const { clock, presence, lasting } = this.#ports
    const log = new KeyLog(desk, transport, account, unlocked.lastCheckpoint, lasting, this.ownAccount)
    const keyring = new Keyring(desk, log, clock, unlocked)
    // Whoever is shown other keys than their own gets no further.
    await keyring.keysOf(account)
    const states = new States(desk, transport, account, lasting)
    const personal = new Personal(states, clock)
    await personal.load()
    const reader = new Reader(desk, transport, keyring, log, account)
    const sync = new Sync({ transport, reader, account, clock, presence, listener: this.#listener(account) })
    const files = new Files(desk, transport, account)
    const outgoing = new Outgoing(desk, transport, keyring, log)
    const pinning = new PinSaver(this.box, keyring, log, clock, unlocked)
    this.#open = { account, keyId, states, keyring, personal, files, outgoing, pinning, sync }
    this.#personal.value = personal
    this.#directory.value = { log, keyring, pinning }
    this.carers.recall()
    this.ended.value = false
    this.phase.value = 'in'
    this.idle.start()
    sync.start()
  }

  /** Nothing readable stays. `byItself`: the relay ended it. */
  async stop(byItself: boolean): Promise<void> {
    this.#close()
    this.idle.forget()
    this.ended.value = byItself
    this.phase.value = 'out'
    await this.#lock()
  }

  /** The log-in goes on, the keys are closed: the password is asked for. Drafts are saved by now. */
  async suspend(): Promise<void> {
    this.#close()
    this.phase.value = 'locked'
    await this.#lock()
  }

  #close(): void {
    this.idle.stop()
    this.#open?.sync.stop()
    this.#open?.personal.close()
    this.#open?.pinning.close()
    this.outbox.close()
    this.composer.close()
    this.#open = undefined
    this.#personal.value = undefined
    this.#directory.value = undefined
    this.#entries.value = new Map()
    this.contacts.value = new Map()
    this.news.value = []
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
    if (this.#directory.value === undefined) throw new Refusal('unauthorized')
    return this.#directory.value.log.current()
  }

  get personal(): Personal {
    return this.#opened.personal
  }

  isRead(entry: Arrived): boolean {
    return entry.box === 'out' || (this.#personal.value?.read.value.has(entry.letter.message) ?? false)
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
    this.#directory.value?.log.acknowledge()
    await this.look()
  }

  /** The person confirmed that those of this policy, which was shown to them, may watch the directory from now on. */
  async acceptPolicy(hash: string): Promise<void> {
    this.#directory.value?.log.acceptPolicy(hash)
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
    return this.personal.name.value || guessName(arrived(this.#list.value))
  }

  fetchFile(attachment: Attachment): Promise<Uint8Array> {
    return this.#opened.files.fetch(attachment)
  }

  /** An answer with a fresh id: sending it twice delivers it once. */
  draft(answers: Arrived, text: string, parts: Draft['parts']): Draft {
    return { message: freshId(), answers, subject: answerSubject(answers.letter.subject), text, parts }
  }

  /** Send what the form of this thread holds, in ten seconds. It stays saved as a draft until it is sent. */
  submit(answers: Arrived): void {
    const { thread } = answers.letter
    const parts = this.composer.ready(thread).map(file => ({ kind: 'file', file }) as const)
    this.outbox.queue(this.draft(answers, this.personal.drafts.value.get(thread) ?? '', parts))
    this.personal.lendDraft(thread)
    this.composer.clear(thread)
  }

  /** Put a letter that was not sent back into its form. */
  undo(message: string): void {
    const draft = this.outbox.undo(message)
    if (draft === undefined) return
    const { thread } = draft.answers.letter
    this.personal.keepDraft(thread, draft.text)
    this.composer.restore(thread, draft.parts.flatMap(part => (part.kind === 'file' ? [part.file] : [])))
  }

  /** Say yes, no or perhaps to an invitation: an ordinary answer that carries it, sent at once. */
  respond(entry: AgendaEntry, answer: Answer, sentence: string): Promise<void> {
    const who = this.#attendee(entry.invitation, entry.from)
    const part = reply(entry.invitation, who, answer, this.#ports.clock.now())
    return this.outbox.sendNow(this.draft(entry.from, sentence, [part]))
  }

  /** As which attendee one answers: the invited one of one's own address, else one's own name. */
  #attendee(invitation: Invitation, from: Arrived): Person {
    const address = ownAddress(from)
    const invited = invitation.attendees.find(one => one.address.toLowerCase() === address.toLowerCase())
    const [only] = invitation.attendees.length === 1 ? invitation.attendees : []
    return invited ?? only ?? { address, name: this.ownName() }
  }

  async #send(draft: Draft): Promise<void> {
    const { account, keyId, outgoing, pinning, sync } = this.#opened
    const address = ownAddress(draft.answers)
    const author: Author = { account, key: keyId, name: this.ownName(), address }
    const thread = this.thread(draft.answers.letter.thread)?.letters ?? []
    await outgoing.send(draft, author, thread, this.#ports.clock.now()).catch((error: unknown) => this.#notSent(error))
    this.personal.saveDraft(draft.answers.letter.thread)
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

  get #opened(): Open {
    if (this.#open === undefined) throw new Error('nobody is logged in')
    return this.#open
  }

  #listener(account: string): ConstructorParameters<typeof Sync>[0]['listener'] {
    return {
      onEntries: (entries, first) => {
        this.#add(entries, first)
        if (!first && entries.some(isForOtherKeys)) this.#lookAtBox()
      },
      onGone: ids => {
        this.#entries.value = new Map([...this.#entries.value].filter(([id]) => !ids.includes(id)))
      },
      onReachable: reachable => {
        this.reachable.value = reachable
      },
      onLoaded: () => {
        this.loaded.value = true
        this.#open?.pinning.later()
      },
      onLook: async () => {
        const { list } = await this.#transport.call('Contact/get', { accountId: account }).catch((error: unknown) => this.#notHeld(error))
        this.contacts.value = new Map(list.map(contact => [contact.peer, contact]))
        await this.#recheck()
      },
      onRead: async () => this.#directory.value?.log.prove(),
      onEnded: () => void this.stop(true),
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

  /** What is wrong with the directory is shown, and keeps letters from being sealed: it does not end the look. */
  async #recheck(): Promise<void> {
    try {
      await this.#directory.value?.keyring.recheck()
    } catch (error) {
      if (isRefusal(error)) throw error
      this.#lookIfRenewed(error)
    }
  }

  #add(entries: readonly Entry[], first: boolean): void {
    const before = this.#entries.value
    const fresh = entries.filter(entry => !this.#isCopy(entry))
    this.#entries.value = new Map([...before, ...fresh.map(entry => [entry.id, entry] as const)])
    if (first) return
    const news = fresh.filter(entry => entry.kind === 'arrived' && entry.box === 'in' && !before.has(entry.id))
    if (news.length > 0) this.news.value = news as readonly Arrived[]
    this.#open?.pinning.later()
  }

  /** The same letter under another of the relay's ids: the same bytes are one letter. */
  #isCopy(entry: Entry): boolean {
    if (entry.kind === 'unreadable') return false
    return this.#list.value.some(
      one => one.kind === 'arrived' && one.id !== entry.id && isSameLetter(one, entry),
    )
  }
}

const isForOtherKeys = (entry: Entry): boolean =>
  entry.kind === 'unreadable' && (entry.reason === 'cannotOpen' || entry.reason === 'sealedToOtherKey')

/** A letter's id is its sender's: another sender's letter of the same id is another letter. */
const isSameLetter = (one: Arrived, other: Arrived): boolean =>
  one.letter.message === other.letter.message && one.letter.sender.account === other.letter.sender.account
