/**
 * Who lets themselves be found (docs/spec/protocol.md, DirectoryEntry), and whether they may be written to.
 *
 * Law: what an entry says, its account says of itself; pages say so. Being found opens nothing.
 */
import { wordsOf } from '../search/fold.ts'
import type { Contact } from '../wire/types.ts'
import type { DirectoryEntry } from '../wire/grants.ts'
import type { Mailbox } from './mailbox.ts'
import type { Transport } from './transport.ts'

const FOUND = 20 // entries at once: more are narrowed by typing
const WORDS = 8 // the relay's limit for one question
const SHORTEST = 2 // characters before it is asked

/** An app is not somebody: it has a page of its own. */
export type Listed = DirectoryEntry & { readonly kind: 'professional' | 'organisation' }

export class Register {
  readonly #transport: Transport
  readonly #mailbox: Pick<Mailbox, 'account'>

  constructor(transport: Transport, mailbox: Pick<Mailbox, 'account'>) {
    this.#transport = transport
    this.#mailbox = mailbox
  }

  /** Professionals and organisations by beginnings of words of name, profession, organisation, town; the nearest first. Raises Refusal. */
  async find(typed: string): Promise<readonly Listed[]> {
    const text = wordsOf(typed).slice(0, WORDS).join('').trim()
    if (text.length < SHORTEST) return []
    const { account: accountId } = this.#mailbox
    const { ids = [] } = await this.#transport.call('DirectoryEntry/query', { accountId, filter: { text }, position: 0, limit: FOUND })
    return this.named(ids)
  }

  /** Those of these accounts that are listed, in this order. Raises Refusal. */
  async named(ids: readonly string[]): Promise<readonly Listed[]> {
    if (ids.length === 0) return []
    const { list } = await this.#transport.call('DirectoryEntry/get', { accountId: this.#mailbox.account, ids })
    const byId = new Map(list.map(entry => [entry.id, entry]))
    return ids.map(id => byId.get(id)).filter((entry): entry is Listed => entry !== undefined && entry.kind !== 'app')
  }
}

/** Why a person may not write to somebody whom they found. */
export type Unreachable = 'theyFirst' | 'over' | 'blocked'

/** `contact`: what the relay says of the two, if anything. A patient writes where a professional wrote first (protocol.md, Policy on edges). */
export function whyNot(contact: Contact | undefined): Unreachable {
  if (contact === undefined) return 'theyFirst'
  if (contact.blocked) return 'blocked'
  return contact.mayWrite ? 'theyFirst' : 'over'
}
