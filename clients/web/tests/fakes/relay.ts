/** A relay of whole sessions: one key box, a directory that says what the test makes it say, and what was asked of it. */
import { b64u } from '../../src/crypto/encoding.ts'
import { keyId } from '../../src/crypto/hashing.ts'
import { type KeyPairs, newKeyPairs, publicKeys } from '../../src/crypto/keys.ts'
import { makeStatement } from '../../src/crypto/statement.ts'
import type { Network } from '../../src/session/ports.ts'
import type { PublicKey } from '../../src/wire/types.ts'

type Given = { readonly ids?: readonly string[]; readonly accounts?: readonly string[] }
type Asked = { readonly methodCalls: readonly (readonly [string, Given, string])[] }

/** The first keys of an account, announced by themselves: what anybody can make. */
export function firstKey(account: string, keys: KeyPairs, now: Date): PublicKey {
  const raw = publicKeys(keys)
  const { statement, signature } = makeStatement(account, raw, keys.signing, now)
  const [signingKey, sealingKey] = [b64u(raw.signing.raw), b64u(raw.sealing.raw)]
  const said = { statement: b64u(statement), signature: b64u(signature), createdAt: now.toISOString(), revokedAt: null }
  return { id: keyId(raw), account, sealingKey, signingKey, ...said }
}

export const strangersKey = (account: string, now: Date): PublicKey => firstKey(account, newKeyPairs(), now)

export class FakeRelay implements Network {
  readonly origin = 'https://pli.example'
  readonly directory = new Map<string, readonly PublicKey[]>()
  readonly methods: string[] = []
  readonly doors: string[] = []
  /** What a door answers; a door that is not here is away. */
  readonly answers = new Map<string, () => Response>()
  readonly #box: string

  constructor(box: Uint8Array) {
    this.#box = b64u(box)
  }

  readonly alone = <T>(work: () => Promise<T>): Promise<T> => work()

  readonly fetch = (path: string, { body }: RequestInit): Promise<Response> => {
    this.doors.push(path)
    const answer = this.answers.get(path)
    if (answer !== undefined) return Promise.resolve(answer())
    if (path !== '/jmap/api') return Promise.resolve(new Response(null, { status: 503 }))
    const { methodCalls } = JSON.parse(body as string) as Asked
    return Promise.resolve(Response.json({ methodResponses: methodCalls.map(([name, given, id]) => [name, this.#do(name, given), id]) }))
  }

  #do(name: string, { accounts = [] }: Given): unknown {
    this.methods.push(name)
    if (name === 'KeyBox/get') return { state: '', notFound: [], list: [{ id: 'box', version: 1, box: this.#box }] }
    if (name === 'PublicKey/lookup') return { list: accounts.flatMap(account => this.directory.get(account) ?? []), notFound: [] }
    if (name === 'SealedMessage/query') return { ids: [], queryState: '1' }
    const changed = { created: [], updated: [], destroyed: [], newState: '1', hasMoreChanges: false }
    return { state: '1', list: [], notFound: [], ...changed }
  }
}
