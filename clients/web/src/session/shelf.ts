/**
 * What a person does with their record: add a document of their own, send one on to somebody who cares for them, put one
 * out of sight. A document of one's own is a letter to oneself alone (docs/spec/content.md, Letters to oneself).
 */
import { signal } from '@preact/signals'
import type { Attachment } from '../content/attachment.ts'
import type { RecordDocument } from '../content/record.ts'
import type { Json } from '../crypto/encoding.ts'
import type { Known } from './aim.ts'
import { writingTo } from './aim.ts'
import { raise } from './devices.ts'
import type { FiledDocument } from './entries.ts'
import { freshId } from './ids.ts'
import type { Draft } from './outgoing.ts'
import type { States } from './states.ts'
import type { Transport } from './transport.ts'

/** The open mailbox as the shelf sees it. */
export interface Owner {
  readonly account: string
  readonly states: States
  readonly ownName: () => string
  /** Seal and deliver. Raises Refusal, KeysNotProved. */
  readonly send: (draft: Draft) => Promise<void>
  readonly look: () => Promise<void>
}

/** What the person says of a document that they add. `date` is a day. */
export type Described = {
  readonly title: string
  readonly code: RecordDocument['code']
  readonly date: string
  readonly file: Attachment
}

const HIDDEN_LIMIT = 1000 // names in the state of hidden documents: far below its 64 KiB

/** One document, whichever device shows it. */
export const nameOf = ({ from, place }: FiledDocument): string => `${from.letter.sender.account} ${from.letter.message} ${place}`

/** The person put it there: nobody else has it. */
export const isOwn = ({ from }: FiledDocument): boolean => from.box === 'out'

export class Shelf {
  readonly #transport: Transport
  readonly #owner: Owner
  /** Names of documents that are out of sight. */
  readonly hidden = signal<ReadonlySet<string>>(new Set())

  constructor(transport: Transport, owner: Owner) {
    this.#transport = transport
    this.#owner = owner
  }

  /** What the open mailbox's devices have put out of sight. Raises Refusal. */
  async load(): Promise<void> {
    this.hidden.value = names(await this.#owner.states.load('hidden'))
  }

  /** Raises Refusal: then it is as it was. */
  async hide(document: FiledDocument): Promise<void> {
    await this.#keep(there => new Set([...there, nameOf(document)]))
  }

  /** Raises Refusal. */
  async show(document: FiledDocument): Promise<void> {
    await this.#keep(there => new Set([...there].filter(name => name !== nameOf(document))))
  }

  /** The file is at the relay by now, sealed. Raises Refusal, KeysNotProved. */
  async add({ title, code, date, file }: Described): Promise<void> {
    const { account } = this.#owner
    const document: RecordDocument = {
      kind: 'record.document',
      author: { name: this.#owner.ownName(), organization: '' },
      code,
      confidentiality: [],
      copy: null,
      date,
      file,
      format: formatOf(file.type),
      id: freshId(),
      patient: null,
      replaces: null,
      title,
    }
    await this.#owner.send({ message: freshId(), to: toOneself(account), subject: title, text: '', parts: [document] })
  }

  /**
   * Send a document on: the letter carries its reference and its key, and the sealed bytes stay where they are.
   *
   * Raises Refusal: `recipientRefuses`; KeysNotProved.
   */
  async share({ document }: FiledDocument, to: Known, subject: string, text: string): Promise<void> {
    await this.#owner.send({ message: freshId(), to: writingTo(to), subject, text, parts: [document] })
  }

  /** A document of one's own goes, from every device. Raises Refusal. */
  async remove({ from }: FiledDocument): Promise<void> {
    const { notDestroyed } = await this.#transport.call('SealedMessage/set', { accountId: this.#owner.account, destroy: [from.id] })
    raise(notDestroyed)
    await this.#owner.look()
  }

  async #keep(change: (there: ReadonlySet<string>) => ReadonlySet<string>): Promise<void> {
    let now: ReadonlySet<string> = new Set()
    await this.#owner.states.save('hidden', there => {
      now = change(names(there ?? [...this.hidden.value]))
      return [...now].slice(-HIDDEN_LIMIT)
    })
    this.hidden.value = now
  }
}

const names = (value: Json | undefined): ReadonlySet<string> =>
  new Set(Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [])

/** Each thing of one's own is an exchange of its own. */
export const toOneself = (account: string): Draft['to'] => ({ thread: freshId(), account, from: '', inReplyTo: null, mail: null })

function formatOf(type: string): RecordDocument['format'] {
  if (type === 'application/pdf') return 'pdf'
  if (type.startsWith('image/')) return 'image'
  if (type === 'application/dicom') return 'dicom'
  return type.startsWith('text/plain') ? 'text' : 'other'
}
