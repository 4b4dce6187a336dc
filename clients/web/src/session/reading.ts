/** The open mailbox as pages read it: what came, folded in every way, and its parts. Empty while none is open. */
import { computed, signal } from '@preact/signals'
import type { Attachment } from '../content/attachment.ts'
import { Refusal } from '../wire/errors.ts'
import type { Contact } from '../wire/types.ts'
import type { AccessLog } from './accesslog.ts'
import type { Known } from './aim.ts'
import type { Apps } from './apps.ts'
import { Contents } from './contents.ts'
import type { Diary } from './diary.ts'
import type { Drafts } from './drafts.ts'
import type { Emergencies } from './emergencies.ts'
import { arrived, type Arrived, type Thread } from './entries.ts'
import type { Files } from './files.ts'
import type { Filing } from './filing.ts'
import type { Chain, KnownKey } from './line.ts'
import type { Notices } from './notices.ts'
import type { Opened } from './opened.ts'
import type { Personal } from './personal.ts'
import type { Register } from './register.ts'
import type { Shelf } from './shelf.ts'
import type { States } from './states.ts'
import { guessName } from './who.ts'

export class Reading {
  protected readonly contents = new Contents(entry => this.isRead(entry))
  /** What is open now. */
  protected current: Opened | undefined
  protected readonly filingNow = signal<Filing | undefined>(undefined)
  readonly contacts = signal<ReadonlyMap<string, Contact>>(new Map())
  readonly threads = this.contents.threads
  readonly unreadable = this.contents.unreadable
  readonly agenda = this.contents.agenda
  readonly record = this.contents.record
  readonly news = this.contents.news
  /** Those who wrote, those who wrote last first. */
  readonly people = this.contents.people
  /** All that came, as it came. */
  readonly entries = this.contents.list
  readonly unread = computed(() => this.threads.value.filter(thread => thread.unread > 0).length)
  readonly pending = computed(() => this.agenda.value.filter(({ state }) => state === 'pending').length)

  /** Fails where none is open. */
  protected get opened(): Opened {
    if (this.current === undefined) throw new Error('nobody is logged in')
    return this.current
  }

  get account(): string {
    return this.opened.account
  }

  get states(): States {
    return this.opened.states
  }

  keysOf(account: string): Promise<Chain> {
    return this.opened.keyring.keysOf(account)
  }

  async currentKey(account: string): Promise<KnownKey> {
    const key = (await this.opened.keyring.currentKeys([account])).get(account)
    if (key === undefined) throw new Refusal('recipientNotFound')
    return key
  }

  get personal(): Personal {
    return this.opened.personal
  }

  get filing(): Filing {
    return this.opened.filing
  }

  get drafts(): Drafts {
    return this.opened.drafts
  }

  isRead(entry: Arrived): boolean {
    return entry.box === 'out' || (this.filingNow.value?.read.value.has(entry.letter.message) ?? false)
  }

  thread(id: string): Thread | undefined {
    return this.threads.value.find(thread => thread.id === id)
  }

  /** Whether the sender of a letter may be answered; undefined when the relay said nothing of them. */
  mayAnswer(account: string): boolean | undefined {
    const contact = this.contacts.value.get(account)
    return contact === undefined ? undefined : contact.mayWrite && !contact.blocked
  }

  /** The name that others see: the chosen one, else the one that the clinicians' documents use. */
  ownName(): string {
    return this.personal.name.value || guessName(arrived(this.contents.list.value))
  }

  /** Those who wrote and may be written to, those who wrote last first. */
  reachablePeople(): readonly Known[] {
    return this.people.value.filter(({ account }) => this.mayAnswer(account) === true)
  }

  fetchFile(attachment: Attachment): Promise<Uint8Array> {
    return this.opened.files.fetch(attachment)
  }

  /** Who did what in the open mailbox. */
  get accessLog(): AccessLog {
    return this.opened.accessLog
  }

  /** The record, as far as the person arranges it. */
  get shelf(): Shelf {
    return this.opened.shelf
  }

  /** Appointments that the person writes down. */
  get diary(): Diary {
    return this.opened.diary
  }

  /** What certified apps may do in the open mailbox. */
  get apps(): Apps {
    return this.opened.apps
  }

  /** What was left for when nobody can ask. */
  get emergencies(): Emergencies {
    return this.opened.emergencies
  }

  /** Who lets themselves be found. */
  get register(): Register {
    return this.opened.register
  }

  /** How the owner of the open mailbox is told that something came. */
  get notices(): Notices {
    return this.opened.notices
  }

  get files(): Files {
    return this.opened.files
  }

  /** The newest letter that this thread's draft was before it was edited, and that the relay took all the same. */
  leftBefore(thread: string): Arrived | undefined {
    const { handed } = this.drafts.of(thread)
    if (handed.length === 0) return undefined
    return arrived(this.contents.list.value).findLast(({ box, letter }) => box === 'out' && handed.includes(letter.message))
  }
}
