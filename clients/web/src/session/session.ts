/** One person's open mailbox, as values that pages show. Made at log-in, emptied at log-out; the keys stay in the worker. */
import { computed, signal } from '@preact/signals'
import type { Attachment } from '../content/attachment.ts'
import { reply, type Answer, type Invitation, type Person } from '../content/agenda.ts'
import type { Unlocked } from '../crypto/operations.ts'
import { isRefusal } from '../wire/errors.ts'
import type { Contact } from '../wire/types.ts'
import { Box } from './box.ts'
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
import { Files } from './files.ts'
import { Idle } from './idle.ts'
import { Keyring, ownKeys } from './keyring.ts'
import { Outbox } from './outbox.ts'
import { answerSubject, Outgoing, type Author, type Draft } from './outgoing.ts'
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
  readonly personal: Personal
  readonly files: Files
  readonly outgoing: Outgoing
  readonly pinning: PinSaver
  readonly sync: Sync
}

export class Session {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #ports: Ports
  #open: Open | undefined
  readonly #entries = signal<ReadonlyMap<string, Entry>>(new Map())
  readonly #personal = signal<Personal | undefined>(undefined)
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
  readonly idle: Idle

  readonly #list = computed(() => [...this.#entries.value.values()])
  readonly threads = computed<readonly Thread[]>(() => threads(this.#list.value, entry => this.isRead(entry)))
  readonly unreadable = computed(() => unreadable(this.#list.value))
  readonly agenda = computed<readonly AgendaEntry[]>(() => agenda(this.#list.value))
  readonly record = computed(() => filed(this.#list.value))
  readonly unread = computed(() => this.threads.value.filter(thread => thread.unread > 0).length)
  readonly pending = computed(() => this.agenda.value.filter(({ state }) => state === 'pending').length)

  constructor(desk: Desk, transport: Transport, ports: Ports) {
    this.#desk = desk
    this.#transport = transport
    this.#ports = ports
    this.box = new Box(desk, transport, ports)
    this.outbox = new Outbox(ports.clock, draft => this.#send(draft))
    this.composer = new Composer((file, name, type, onBytes) => this.#opened.files.keep(file, name, type, onBytes))
    const isBusy = (): boolean => this.outbox.sending || this.composer.busy
    this.idle = new Idle(ports, isBusy, () => void this.suspend())
    ports.presence.guard(() => this.outbox.busy || this.composer.busy)
  }

  /** Open the mailbox with keys that the worker holds by now. Raises Refusal, KeysNotProved. */
  async start(unlocked: Unlocked): Promise<void> {
    try {
      await this.#begin(unlocked)
    } catch (error) {
      // The relay may answer the next time; keys that it does not show as they are stay closed.
      if (!isRefusal(error)) await this.#lock()
      throw error
    }
  }

  async #begin(unlocked: Unlocked): Promise<void> {
    const { account, keyId } = unlocked
    const [desk, transport] = [this.#desk, this.#transport]
    const own = await ownKeys(desk, transport, unlocked)
    const { clock, presence, lasting } = this.#ports
    const personal = new Personal(new States(desk, transport, account, lasting), clock)
    await personal.load()
    const keyring = new Keyring(desk, transport, account, own, unlocked.pins)
    const identity = { account, statements: new Set(own.map(({ statement }) => statement)) }
    const reader = new Reader(desk, transport, keyring, identity)
    const sync = new Sync({ transport, reader, account, clock, presence, listener: this.#listener(account) })
    const files = new Files(desk, transport, account)
    const outgoing = new Outgoing(desk, transport, keyring)
    const pinning = new PinSaver(this.box, keyring, clock, unlocked)
    this.#open = { account, keyId, personal, files, outgoing, pinning, sync }
    this.#personal.value = personal
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
    this.#entries.value = new Map()
    this.contacts.value = new Map()
    this.news.value = []
    this.loaded.value = false
  }

  async #lock(): Promise<void> {
    await this.box.forget()
    await this.#desk.call('lock', null)
  }

  get account(): string {
    return this.#opened.account
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
    await outgoing.send(draft, author, thread, this.#ports.clock.now())
    this.personal.saveDraft(draft.answers.letter.thread)
    pinning.later()
    await sync.look()
  }

  get #opened(): Open {
    if (this.#open === undefined) throw new Error('nobody is logged in')
    return this.#open
  }

  #listener(account: string): ConstructorParameters<typeof Sync>[0]['listener'] {
    return {
      onEntries: (entries, first) => this.#add(entries, first),
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
        const { list } = await this.#transport.call('Contact/get', { accountId: account })
        this.contacts.value = new Map(list.map(contact => [contact.peer, contact]))
      },
      onEnded: () => void this.stop(true),
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

/** A letter's id is its sender's: another sender's letter of the same id is another letter. */
const isSameLetter = (one: Arrived, other: Arrived): boolean =>
  one.letter.message === other.letter.message && one.letter.sender.account === other.letter.sender.account
