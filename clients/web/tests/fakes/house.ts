/**
 * A relay of several accounts with its doors: log-in, factors, recovery, adoption, pairing, devices, delegations.
 *
 * It is honest, and keeps what it was told where a test can look or spoil it.
 */
import { type Code, codeText, newCode } from '../../src/crypto/code.ts'
import { firstContent } from '../../src/crypto/content.ts'
import { b64u, unb64u } from '../../src/crypto/encoding.ts'
import { keyId } from '../../src/crypto/hashing.ts'
import { newBox } from '../../src/crypto/keybox.ts'
import { type KeyPairs, loadPublicKeys, loadSealing, loadSigning, newKeyPairs, signingPublic } from '../../src/crypto/keys.ts'
import { letterLoginSeed, type Method, verifyLogin } from '../../src/crypto/login.ts'
import { pairingCode } from '../../src/crypto/pairing.ts'
import { encodeEntry } from '../../src/crypto/transparency/entry.ts'
import type { Network } from '../../src/session/ports.ts'
import type { Delegation, Device, NewMethods, PublicKey } from '../../src/wire/types.ts'
import { FakeActs } from './acts.ts'
import { FakeClock } from './clock.ts'
import { FakeLog } from './keylog.ts'
import { FakeNotices } from './notices.ts'
import { announced } from './relay.ts'

export const CODE = '123456' // what every authenticator app shows

type KeysText = Readonly<Record<'sealingKey' | 'signingKey' | 'statement' | 'signature', string>>
type Texts = Readonly<
  Record<
    | 'accessToken'
    | 'account'
    | 'accountId'
    | 'box'
    | 'challenge'
    | 'claim'
    | 'code'
    | 'key'
    | 'login'
    | 'loginKey'
    | 'pairing'
    | 'receipt'
    | 'recoveryKey'
    | 'sealed'
    | 'signature'
    | 'ticket'
    | 'time',
    string
  >
>
/** What some door or method takes: which members are there is for it to know. */
type Body = Texts & {
  readonly method: Method
  readonly kdf: unknown
  readonly newKeys: KeysText | null
  readonly methods: NewMethods
  readonly totp: { readonly code: string } | null
  readonly endOthers: boolean
  readonly methodCalls: readonly (readonly [string, Body, string])[]
  readonly ids?: readonly string[]
  readonly accounts: readonly string[]
  readonly since: number | null
  readonly sizes: readonly number[]
  readonly create?: Readonly<Record<string, { readonly delegate: string }>>
  readonly update?: Readonly<Record<string, Row & { readonly box: string; readonly label: string }>>
  readonly destroy?: readonly string[]
}
type Row = { readonly version: number; readonly sealed: string }
export type Person = {
  readonly account: string
  readonly login: string
  box: Uint8Array
  version: number
  keys: readonly PublicKey[]
  active: boolean
  kdf: unknown
  /** method -> log-in public keys; those of passkeys with their credentials beside. */
  readonly logins: Map<Method, readonly Uint8Array[]>
  passkeys: readonly string[]
  readonly states: Map<string, Row>
}
type Known = { readonly account: string; readonly id: string; confirmed: boolean; label: string | null }
type Pairing = { readonly key: Uint8Array; owner?: string; hello: string | null; grant: string | null }

class Problem extends Error {
  readonly status: number
  readonly members: object
  constructor(type: string, status = 400, members: object = {}) {
    super(type)
    this.status = status
    this.members = { type: `https://pli.example/problems/${type}`, status, ...members }
  }
}

export class House {
  readonly people = new Map<string, Person>()
  readonly devices = new Map<string, Known>()
  readonly delegations = new Map<string, Delegation>()
  readonly pairings = new Map<string, Pairing>()
  /** The access log of whoever asks. */
  readonly acts = new FakeActs()
  readonly notices = new FakeNotices()
  /** log-in name -> the receipt of whoever refused. */
  readonly opposed = new Map<string, string>()
  readonly closed: string[] = []
  readonly log = new FakeLog()
  readonly asked: { readonly path: string; readonly body: Body }[] = []
  /** When the log signs, and when keys come in. */
  now: () => Date = new FakeClock().now
  /** What the doors of the log show. */
  policy: () => Uint8Array = () => this.log.policy
  checkpoint: () => string = () => this.log.checkpoint(this.now())
  /** What a test does to an answer on its way. */
  spoil: (path: string, answer: Body) => unknown = (_, answer) => answer
  /** Key boxes are not taken any more. */
  isFull = false
  /** Called before a door does its work: another device may be faster. */
  before: (path: string) => Promise<void> = () => Promise.resolve()
  readonly #challenges = new Map<string, { readonly account: string; readonly login: string; readonly method: Method }>()
  readonly #tickets = new Map<string, { readonly account: string; readonly method: Method; readonly device: boolean }>()
  readonly #station = newKeyPairs().signing
  #count = 0

  /** An account with a letter, and its codes. */
  enrol(account: string, login: string, now: Date, second?: Code): { readonly code: Code; readonly keys: KeyPairs } {
    const [keys, code] = [newKeyPairs(), newCode()]
    const box = newBox(account, firstContent(keys, now), [{ type: 'letter', code, second }]).box
    const letter = signingPublic(letterLoginSeed(code, second)).raw
    const bare = { version: 1, keys: [], active: false, kdf: { name: 'code' }, passkeys: [] }
    const logins = new Map<Method, readonly Uint8Array[]>([['letter', [letter]]])
    this.people.set(account, { ...bare, account, login, box, logins, states: new Map() })
    this.#announce(account, announced(account, keys, now, keys, { box: 1, by: this.#station }))
    return { code, keys }
  }

  /** What a door may refuse with. */
  problem(type: string, status: number): Error {
    return new Problem(type, status)
  }

  person(account: string): Person {
    const person = this.people.get(account)
    if (person === undefined) throw new Problem('notFound', 404)
    return person
  }

  /** A browser of its own, with its own cookie. */
  browser(): Network {
    let cookie: string | undefined
    return {
      origin: 'https://pli.example',
      alone: work => work(),
      fetch: async (path, init) => {
        const token = new Headers(init.headers).get('Authorization')?.slice(7)
        const body = JSON.parse((init.body as string | undefined) ?? '{}') as Body
        this.asked.push({ path, body })
        try {
          await this.before(path)
          const answer = path === '/auth/refresh' ? this.#tokens(this.#known(cookie)) : this.#do(path, body, token)
          if (answer instanceof Response) return answer
          const said = answer as Body
          if (typeof said.accessToken === 'string') cookie = said.accessToken
          return Response.json(this.spoil(path, said))
        } catch (error) {
          if (!(error instanceof Problem)) throw error
          return Response.json(error.members, { status: error.status })
        }
      },
    }
  }

  #do(path: string, body: Body, token: string | undefined): unknown {
    const [door, query] = path.split('?')
    const account = new URLSearchParams(query).get('account')
    switch (door) {
      case '/log/policy':
        return new Response(this.policy() as Uint8Array<ArrayBuffer>)
      case '/log/checkpoint':
        return new Response(this.checkpoint())
      case '/auth/challenge':
        return this.#challenge(body)
      case '/auth/login':
        return this.#login(body)
      case '/auth/totp':
        return this.#totp(body)
      case '/auth/box':
        return this.#box(this.#ticket(body.ticket, ['letter', 'recovery']).account)
      case '/auth/activate':
        return this.#activate(body)
      case '/auth/recover':
        return this.#recover(body)
      case '/auth/confirm':
        return this.#confirm(body, this.#known(token))
      case '/auth/factors':
        return this.#factors(body, this.#known(token), account)
      case '/auth/adopt':
        return this.#adopt(body, this.#known(token))
      case '/auth/oppose':
        return this.#oppose(body)
      case '/auth/close':
        return this.#close(body.account, this.#known(token))
      case '/auth/logout':
        this.devices.delete(token ?? '')
        return {}
      case '/jmap/api':
        return this.#methods(body, this.#known(token))
      default:
        if (door?.startsWith('/auth/pairing/') === true) return this.#pairing(door.slice(14), body, token)
        throw new Problem('notFound', 404)
    }
  }

  #fresh(): string {
    return b64u(new Uint8Array(32).fill((this.#count += 1)))
  }

  #challenge({ login, method }: Body): unknown {
    const person = [...this.people.values()].find(one => (method === 'passkey' ? one.account : one.login) === login)
    if (person === undefined) throw new Problem('wrongCredentials', 401)
    const challenge = this.#fresh()
    this.#challenges.set(challenge, { account: person.account, login, method })
    const kdf = method === 'password' ? person.kdf : { name: method === 'passkey' ? 'prf' : 'code' }
    return { challenge, expiresIn: 60, kdf }
  }

  #signed({ challenge, method, signature, time }: Body): string {
    const given = this.#challenges.get(challenge)
    this.#challenges.delete(challenge)
    if (given?.method !== method) throw new Problem('wrongCredentials', 401)
    const { account } = given
    const said = { challenge, method, origin: 'https://pli.example', time }
    const keys = this.person(account).logins.get(method) ?? []
    const isGood = keys.some(raw => verifyLogin(loadSigning(raw), unb64u(signature), said))
    if (!isGood) throw new Problem('wrongCredentials', 401)
    return account
  }

  #login(body: Body): unknown {
    const account = this.#signed(body)
    const { method } = body
    if (method === 'passkey') return this.#tokens(this.#newDevice(account))
    const ticket = this.#fresh()
    this.#tickets.set(ticket, { account, method, device: true })
    throw new Problem('mfaRequired', 401, { ticket, account })
  }

  #ticket(ticket: string, methods: readonly Method[]): { readonly account: string } {
    const found = this.#tickets.get(ticket)
    if (found === undefined || !methods.includes(found.method)) throw new Problem('ticketExpired', 401)
    return found
  }

  /** Tickets that were given run out. */
  expireTickets(): void {
    this.#tickets.clear()
  }

  #totp({ code, ticket }: Body): unknown {
    const { account } = this.#ticket(ticket, ['password'])
    checkCode(code)
    return this.#tokens(this.#newDevice(account))
  }

  #newDevice(account: string): Known & { readonly token: string } {
    const known = { account, id: `d${String(this.#count).padStart(26, 'a')}`, confirmed: true, label: null }
    const token = this.#fresh()
    this.devices.set(token, known)
    return { ...known, token }
  }

  #known(token: string | undefined): Known & { readonly token: string } {
    const known = this.devices.get(token ?? '')
    if (known === undefined || token === undefined) throw new Problem('unauthorized', 401)
    return Object.assign(known, { token })
  }

  #tokens({ account, token }: { readonly account: string; readonly token: string }): unknown {
    return { accessToken: token, account, expiresIn: 900 }
  }

  #box(account: string): unknown {
    const { box, version, keys } = this.person(account)
    const { statement, signature, voucher } = keys.at(-1)!
    return { account, version, box: b64u(box), statement, signature, voucher }
  }

  #put(person: Person, raw: string): void {
    const box = unb64u(raw)
    const { version } = JSON.parse(new TextDecoder().decode(box)) as { readonly version: number }
    if (version !== person.version + 1) throw new Problem('stateMismatch', 409)
    person.box = box
    person.version = version
  }

  #announce(account: string, key: PublicKey): void {
    const voucher = key.voucher === null ? null : unb64u(key.voucher)
    const index = this.log.append(encodeEntry({ statement: unb64u(key.statement), signature: unb64u(key.signature), voucher }))
    const person = this.person(account)
    person.keys = [...person.keys, { ...key, index }]
  }

  #newKeys(account: string, newKeys: KeysText | null): void {
    if (newKeys === null) return
    const id = keyId(loadPublicKeys(unb64u(newKeys.signingKey), unb64u(newKeys.sealingKey)))
    const createdAt = this.now().toISOString()
    this.#announce(account, { ...newKeys, id, account, createdAt, revokedAt: null, index: 0, voucher: null, inclusion: null })
  }

  #activate({ box, code, kdf, loginKey, newKeys, recoveryKey, ticket }: Body): unknown {
    const person = this.person(this.#ticket(ticket, ['letter']).account)
    checkCode(code)
    this.#put(person, box)
    this.#newKeys(person.account, newKeys)
    person.active = true
    person.kdf = kdf
    person.logins.clear()
    person.logins.set('password', [unb64u(loginKey)]).set('recovery', [unb64u(recoveryKey)])
    this.#tickets.delete(ticket)
    return this.#tokens(this.#newDevice(person.account))
  }

  #recover({ box, code, kdf, loginKey, recoveryKey, ticket }: Body): unknown {
    const person = this.person(this.#ticket(ticket, ['recovery']).account)
    checkCode(code)
    this.#put(person, box)
    person.kdf = kdf
    person.logins.set('password', [unb64u(loginKey)]).set('recovery', [unb64u(recoveryKey)]).delete('passkey')
    person.passkeys = []
    this.#tickets.delete(ticket)
    this.#endOthers(person.account)
    return this.#tokens(this.#newDevice(person.account))
  }

  #oppose({ login, receipt, ticket }: Body): unknown {
    const opposition = { receipt, opposedOn: this.now().toISOString().slice(0, 10) }
    if (this.opposed.get(login) === receipt) return opposition
    const { account } = this.#ticket(ticket, ['letter'])
    this.people.delete(account)
    this.opposed.set(login, receipt)
    return opposition
  }

  #close(account: string, known: Known): unknown {
    this.#mayAct(known, account)
    if (!known.confirmed) throw new Problem('confirmFirst', 403)
    this.closed.push(account)
    this.#endOthers(account)
    return { account, closedAt: this.now().toISOString(), erasedAfter: '2034-03-12T09:00:00Z' }
  }

  #endOthers(account: string, token?: string): void {
    for (const [one, known] of this.devices) if (known.account === account && one !== token) this.devices.delete(one)
  }

  #confirm(body: Body, known: Known): unknown {
    if (this.#signed(body) !== known.account) throw new Problem('wrongCredentials', 401)
    known.confirmed = true
    return { confirmedUntil: '2030-01-01T00:00:00Z' }
  }

  #factors(body: Body, known: Known & { readonly token: string }, account: string | null): unknown {
    const person = this.person(account ?? known.account)
    this.#mayAct(known, person.account)
    if (!known.confirmed) throw new Problem('confirmFirst', 403)
    const { box, endOthers, methods, newKeys, totp } = body
    const { passkeys, password, recovery } = methods
    const isTheirs = password !== null || passkeys !== null || totp !== null
    if (person.account !== known.account && (isTheirs || person.logins.has('password'))) throw new Problem('forbidden', 403)
    if (totp !== null) checkCode(totp.code)
    this.#put(person, box)
    this.#newKeys(person.account, newKeys)
    if (password !== null) person.logins.set('password', [unb64u(password.loginKey)])
    if (password !== null) person.kdf = password.kdf
    if (recovery !== null) person.logins.set('recovery', [unb64u(recovery.loginKey)])
    if (passkeys !== null) {
      person.passkeys = passkeys.map(({ credential }) => credential)
      person.logins.set('passkey', passkeys.map(({ loginKey }) => unb64u(loginKey)))
    }
    if (endOthers) this.#endOthers(person.account, known.token)
    return { version: person.version }
  }

  #adopt({ box, newKeys, recoveryKey, ticket }: Body, known: Known): unknown {
    const person = this.person(this.#ticket(ticket, ['letter']).account)
    if (!known.confirmed) throw new Problem('confirmFirst', 403)
    this.#put(person, box)
    this.#newKeys(person.account, newKeys)
    person.active = true
    person.logins.clear()
    person.logins.set('recovery', [unb64u(recoveryKey)])
    this.delegate(person.account, known.account)
    return { account: person.account }
  }

  delegate(account: string, delegate: string): void {
    const id = `g${String((this.#count += 1)).padStart(26, 'a')}`
    this.delegations.set(id, { id, account, delegate, since: '2024-03-12T10:00:00Z' })
  }

  #mayAct(known: Known, account: string): void {
    const isDelegate = [...this.delegations.values()].some(one => one.account === account && one.delegate === known.account)
    if (account !== known.account && !isDelegate) throw new Problem('notFound', 404)
  }

  #pairing(step: string, body: Body, token: string | undefined): unknown {
    if (step === 'begin') {
      const key = unb64u(body.key)
      this.pairings.set(codeText(pairingCode(loadSealing(key))), { key, hello: null, grant: null })
      return { claim: codeText(pairingCode(loadSealing(key))), expiresIn: 300 }
    }
    const code = (body.claim as string | undefined) ?? body.pairing
    const pairing = this.pairings.get(code)
    if (pairing === undefined) throw new Problem('notFound', 404)
    switch (step) {
      case 'poll':
        return { hello: pairing.hello, grant: pairing.grant }
      case 'find':
        this.#known(token)
        return { key: b64u(pairing.key), network: '192.0.2.7', since: '2024-03-12T10:00:00Z' }
      case 'end':
        if ((body.claim as string | undefined) === undefined) this.#known(token)
        this.pairings.delete(code)
        return {}
      case 'claim':
        this.pairings.delete(code)
        return this.#tokens(this.#newDevice(pairing.owner ?? ''))
      default:
        return this.#say(step, pairing, body, this.#known(token))
    }
  }

  #say(step: string, pairing: Pairing, { sealed }: Body, known: Known): unknown {
    if (step === 'grant' && !known.confirmed) throw new Problem('confirmFirst', 403)
    pairing.owner = known.account
    if (step === 'hello') pairing.hello = sealed
    else pairing.grant = sealed
    return {}
  }

  #methods({ methodCalls }: Body, known: Known & { readonly token: string }): unknown {
    return { methodResponses: methodCalls.map(([name, given, id]) => [...this.#method(name, given, known), id]) }
  }

  #method(name: string, given: Body, known: Known & { readonly token: string }): readonly [string, unknown] {
    try {
      this.#mayAct(known, given.accountId)
      return [name, this.#answer(name, given, known)]
    } catch (error) {
      if (error instanceof Problem) return ['error', { type: 'accountNotFound' }]
      throw error
    }
  }

  #answer(name: string, given: Body, known: Known & { readonly token: string }): unknown {
    const person = this.person(given.accountId)
    switch (name) {
      case 'KeyBox/get':
        return { list: [{ id: 'box', version: person.version, box: b64u(person.box) }] }
      case 'KeyBox/set':
        return this.#keep(person, given)
      case 'PublicKey/get':
        return { list: person.keys }
      case 'PublicKey/lookup':
        return this.#lookUp(given)
      case 'KeyLog/prove':
        return { checkpoint: this.log.checkpoint(this.now()), proofs: Object.fromEntries(given.sizes.map(size => [size, this.log.consistency(size).map(b64u)])) }
      case 'SealedState/get':
        return { list: (given.ids ?? [...person.states.keys()]).flatMap(id => (person.states.has(id) ? [{ id, ...person.states.get(id) }] : [])) }
      case 'SealedState/set':
        return setStates(person, given)
      case 'AccessLogEntry/get':
        return this.acts.get(given.ids ?? [])
      case 'Device/get':
        return { list: [...this.devices].filter(([, one]) => one.account === person.account).map(([token, one]) => deviceOf(one, token === known.token)) }
      case 'Device/set':
        return this.#setDevices(given)
      case 'Delegation/get':
        return { list: [...this.delegations.values()].filter(one => one.account === person.account || one.delegate === person.account) }
      case 'Delegation/set':
        return this.#setDelegations(person, given, known)
      case 'SealedMessage/query':
        return { ids: [], queryState: '1' }
      default:
        return this.notices.answer(name, given) ?? { state: '1', list: [], notFound: [], created: [], updated: [], destroyed: [], newState: '1', hasMoreChanges: false }
    }
  }

  #keep(person: Person, { update }: Body): unknown {
    const box = update?.['box']
    if (this.isFull) return { notUpdated: { box: { type: 'overQuota' } } }
    if (box?.version !== person.version + 1) return { notUpdated: { box: { type: 'stateMismatch' } } }
    if (slotsOf(unb64u(box.box)) !== slotsOf(person.box)) return { notUpdated: { box: { type: 'invalidProperties' } } }
    this.#put(person, box.box)
    return { updated: { box: null } }
  }

  #lookUp({ accounts, since }: Body): unknown {
    const list = accounts.flatMap(account => {
      const keys = this.people.get(account)?.keys ?? []
      return keys.map((key, at) => ({ ...key, inclusion: at + 1 < keys.length ? null : this.log.inclusion(key.index).map(b64u) }))
    })
    const consistency = this.log.consistency(since ?? 0).map(b64u)
    return { list, notFound: [], log: { checkpoint: this.log.checkpoint(this.now()), consistency } }
  }

  #setDevices({ update, destroy }: Body): unknown {
    for (const [token, one] of this.devices) {
      const fresh = update?.[one.id]
      if (fresh !== undefined) one.label = fresh.label
      if (destroy?.includes(one.id) === true) this.devices.delete(token)
    }
    return {}
  }

  #setDelegations({ account }: Person, { create, destroy }: Body, { confirmed }: Known): unknown {
    const refused = { type: 'forbidden', description: 'confirm first' }
    for (const [key, { delegate }] of Object.entries(create ?? {})) {
      if (!confirmed) return { notCreated: { [key]: refused } }
      this.delegate(account, delegate)
    }
    for (const id of destroy ?? []) {
      if (!confirmed) return { notDestroyed: { [id]: refused } }
      this.delegations.delete(id)
    }
    return {}
  }
}

const slotsOf = (box: Uint8Array): string => JSON.stringify((JSON.parse(new TextDecoder().decode(box)) as { readonly slots: unknown }).slots)

function checkCode(code: string): void {
  if (code !== CODE) throw new Problem('wrongCode', 401)
}

const deviceOf = ({ id, label }: Known, current: boolean): Device => ({
  id,
  current,
  createdAt: '2024-03-12T10:00:00Z',
  lastSeen: '2024-03-12',
  expiresAt: '2024-04-12T10:00:00Z',
  label,
})

function setStates(person: Person, { update, destroy }: Body): unknown {
  for (const [name, row] of Object.entries(update ?? {})) {
    if (row.version !== (person.states.get(name)?.version ?? 0) + 1) return { notUpdated: { [name]: { type: 'stateMismatch' } } }
    person.states.set(name, { version: row.version, sealed: row.sealed })
  }
  for (const name of destroy ?? []) person.states.delete(name)
  return {}
}
