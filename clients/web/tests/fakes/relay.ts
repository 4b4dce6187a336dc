/**
 * A relay of whole sessions: one key box, a key log with its directory, letters, and what was asked of it.
 *
 * It is honest. What a hostile one does is said by the test, through `shown` and the fields beside it.
 */
import { b64u, unb64u } from '../../src/crypto/encoding.ts'
import { keyId } from '../../src/crypto/hashing.ts'
import { type KeyPairs, newKeyPairs, publicKeys } from '../../src/crypto/keys.ts'
import { encodeEntry } from '../../src/crypto/transparency/entry.ts'
import { makeStatement, readStatement, type Told } from '../../src/crypto/transparency/statement.ts'
import type { Network } from '../../src/session/ports.ts'
import type { PublicKey, SealedMessage } from '../../src/wire/types.ts'
import { FakeClock } from './clock.ts'
import { FakeLog, type NoteSigner } from './keylog.ts'

type Submitted = { readonly clientId: string; readonly sealed: string }
type Given = {
  readonly ids?: readonly string[]
  readonly accounts?: readonly string[]
  readonly since?: number | null
  readonly sinceState?: string
  readonly sizes?: readonly number[]
  readonly create?: { readonly letter: Submitted }
  readonly update?: Readonly<Record<string, { readonly version: number; readonly box: string; readonly sealed: string }>>
}
type Asked = { readonly methodCalls: readonly (readonly [string, Given, string])[] }
/** A log as it is shown: how much of it, signed when and by whom. */
export type Showing = {
  readonly log: FakeLog
  readonly size?: number
  readonly at?: Date
  readonly signers?: readonly NoteSigner[]
}

/** Keys as the relay says them, in no log yet. `signer` is the key before; of the first, the key itself. */
export function announced(account: string, keys: KeyPairs, now: Date, signer = keys, told: Told = { box: 1 }): PublicKey {
  const raw = publicKeys(keys)
  const { statement, signature, voucher } = makeStatement(account, raw, signer.signing, now, told)
  return {
    id: keyId(raw),
    account,
    sealingKey: b64u(raw.sealing.raw),
    signingKey: b64u(raw.signing.raw),
    statement: b64u(statement),
    signature: b64u(signature),
    createdAt: now.toISOString(),
    revokedAt: null,
    index: 0,
    voucher: voucher === null ? null : b64u(voucher),
    inclusion: null,
  }
}

/** The first keys of an account, announced by themselves: what anybody can make. */
export const firstKey = (account: string, keys: KeyPairs, now: Date): PublicKey => announced(account, keys, now)

export const strangersKey = (account: string, now: Date): PublicKey => firstKey(account, newKeyPairs(), now)

/** The key that follows `before`, handed on by the keys of `from`. */
export function nextKey(before: PublicKey, from: KeyPairs, to: KeyPairs, now: Date, told: Partial<Told> = {}): PublicKey {
  const previous = readStatement(unb64u(before.statement))
  return announced(before.account, to, now, from, { box: previous.box + 1, ...told, previous })
}

export class FakeRelay implements Network {
  readonly origin = 'https://pli.example'
  readonly directory = new Map<string, readonly PublicKey[]>()
  readonly log = new FakeLog()
  readonly methods: string[] = []
  readonly doors: string[] = []
  /** What a door answers; a door that is not here is away. */
  readonly answers = new Map<string, () => Response>()
  readonly letters: SealedMessage[] = []
  readonly taken: Submitted[] = []
  readonly states = new Map<string, { readonly version: number; readonly sealed: string }>()
  readonly published: Date
  /** What is shown to whoever asks; `question` counts from 1. */
  shown: (question: number) => Showing = () => ({ log: this.log })
  policy: () => Uint8Array = () => this.log.policy
  /** Key boxes are not taken any more. */
  isFull = false
  /** Key box writes are taken from here on. */
  box: { readonly version: number; readonly box: string }
  #questions = 0

  constructor(box: Uint8Array, published = new FakeClock().now()) {
    this.box = { version: 1, box: b64u(box) }
    this.published = published
  }

  readonly alone = <T>(work: () => Promise<T>): Promise<T> => work()

  /** Into the log and the directory, after what is there. */
  enrol(...keys: readonly PublicKey[]): void {
    for (const key of keys) {
      const known = this.directory.get(key.account) ?? []
      this.directory.set(key.account, [...known, this.append(this.log, key)])
    }
  }

  append(log: FakeLog, key: PublicKey): PublicKey {
    const voucher = key.voucher === null ? null : unb64u(key.voucher)
    const entry = encodeEntry({ statement: unb64u(key.statement), signature: unb64u(key.signature), voucher })
    return { ...key, index: log.append(entry) }
  }

  readonly fetch = (path: string, { body }: RequestInit): Promise<Response> => {
    this.doors.push(path)
    const answer = this.answers.get(path)
    if (answer !== undefined) return Promise.resolve(answer())
    if (path === '/log/policy') return Promise.resolve(new Response(this.policy() as Uint8Array<ArrayBuffer>))
    if (path !== '/jmap/api') return Promise.resolve(new Response(null, { status: 503 }))
    const { methodCalls } = JSON.parse(body as string) as Asked
    return Promise.resolve(Response.json({ methodResponses: methodCalls.map(([name, given, id]) => [name, this.#do(name, given), id]) }))
  }

  #do(name: string, given: Given): unknown {
    this.methods.push(name)
    if (name === 'KeyBox/get') return { state: '', notFound: [], list: [{ id: 'box', ...this.box }] }
    if (name === 'KeyBox/set') return this.#keep(given)
    if (name === 'PublicKey/lookup') return this.#lookUp(given)
    if (name === 'KeyLog/prove') return this.#prove(given)
    if (name === 'SealedMessage/query') return { ids: this.letters.map(({ id }) => id), queryState: '1' }
    if (name === 'SealedMessage/changes') return this.#changes(given.sinceState ?? '')
    if (name === 'SealedState/get') return { list: (given.ids ?? []).flatMap(id => ({ id, ...this.states.get(id) })).filter(row => 'sealed' in row) }
    if (name === 'SealedState/set') return this.#write(given)
    if (name === 'SealedMessage/set' && given.create !== undefined) return this.#take(given.create.letter)
    const list = name === 'SealedMessage/get' ? this.letters.filter(({ id }) => given.ids?.includes(id)) : []
    return { state: this.#state, list, notFound: [] }
  }

  /** One letter for each id of a sender's, however often it comes. */
  #take(letter: Submitted): unknown {
    const before = this.taken.find(({ clientId }) => clientId === letter.clientId)
    if (before?.sealed === letter.sealed) return { notCreated: { letter: { type: 'alreadyExists', existingId: 'm' } } }
    if (before !== undefined) return { notCreated: { letter: { type: 'invalidProperties', properties: ['clientId'] } } }
    this.taken.push(letter)
    return { created: { letter: { id: 'm' } } }
  }

  #write({ update = {} }: Given): unknown {
    const [[id, { version, sealed }] = ['', { version: 0, sealed: '' }]] = Object.entries(update)
    if (version !== (this.states.get(id)?.version ?? 0) + 1) return { notUpdated: { [id]: { type: 'stateMismatch' } } }
    this.states.set(id, { version, sealed })
    return { updated: { [id]: null } }
  }

  /** A state is the letters that were there. */
  get #state(): string {
    return this.letters.map(({ id }) => id).join(' ')
  }

  #changes(sinceState: string): unknown {
    const [before, now] = [sinceState.split(' ').filter(id => id !== ''), this.letters.map(({ id }) => id)]
    const created = now.filter(id => !before.includes(id))
    const destroyed = before.filter(id => !now.includes(id))
    return { created, updated: [], destroyed, newState: this.#state, hasMoreChanges: false }
  }

  /** Another device of the same person was here. */
  keep(change: (box: Uint8Array) => Uint8Array): void {
    this.box = { version: this.box.version + 1, box: b64u(change(unb64u(this.box.box))) }
  }

  #keep({ update }: Given): unknown {
    const box = update?.['box']
    if (this.isFull) return { newState: '', notUpdated: { box: { type: 'overQuota' } } }
    if (box?.version !== this.box.version + 1) return { newState: '', notUpdated: { box: { type: 'stateMismatch' } } }
    this.box = box
    return { newState: '', updated: { box: null } }
  }

  #showing(): Required<Showing> {
    const { log, size = log.size, at = this.published, signers = [...log.logKeys, ...log.witnesses] } = this.shown((this.#questions += 1))
    return { log, size, at, signers }
  }

  #lookUp({ accounts = [], since = null }: Given): unknown {
    const { log, size, at, signers } = this.#showing()
    const consistency = since !== null && since > size ? null : log.consistency(since ?? 0, size).map(b64u)
    const list = accounts.flatMap(account => {
      const keys = this.directory.get(account) ?? []
      return keys.map((key, place) => ({ ...key, inclusion: place + 1 < keys.length ? null : (key.inclusion ?? inclusionOf(log, key, size)) }))
    })
    return { list, notFound: [], log: { checkpoint: log.checkpoint(at, size, signers), consistency } }
  }

  #prove({ sizes = [] }: Given): unknown {
    const { log, size, at, signers } = this.#showing()
    const proofs = Object.fromEntries(sizes.map(old => [old, old > size ? null : log.consistency(old, size).map(b64u)]))
    return { checkpoint: log.checkpoint(at, size, signers), proofs }
  }
}

const inclusionOf = (log: FakeLog, { index }: PublicKey, size: number): readonly string[] | null =>
  index < size ? log.inclusion(index, size).map(b64u) : null
