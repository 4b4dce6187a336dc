/**
 * The only network: doors, method calls, blobs and the event stream (docs/spec/protocol.md).
 *
 * Laws: every failure leaves as a Refusal; an access token that ended is renewed once, through the cookie, and by one
 * request at a time; tokens live in this object and nowhere else.
 */
import { fromError, fromProblem, isRefusal, Refusal, type Members } from '../wire/errors.ts'
import type { MethodName, Methods } from '../wire/methods.ts'
import { API, DIRECTORY, download, EVENTS, EVERYONE, LOGOUT, REFRESH, upload, WELL_KNOWN } from '../wire/names.ts'
import type { StateChange, Tokens, Uploaded } from '../wire/types.ts'
import type { Network } from './ports.ts'
import { readEvents } from './eventstream.ts'

type Call<M extends MethodName> = readonly [name: M, arguments: Methods[M][0]]
type Answers<M extends readonly MethodName[]> = { readonly [K in keyof M]: Methods[M[K]][1] }

export class Transport {
  readonly #network: Network
  #token: string | undefined
  #renewing: Promise<Tokens> | undefined

  constructor(network: Network) {
    this.#network = network
  }

  get origin(): string {
    return this.#network.origin
  }

  adopt(tokens: Tokens): void {
    this.#token = tokens.accessToken
  }

  /** One of the /auth doors, which need no token. Raises Refusal. */
  async door<T>(path: string, body: object): Promise<T> {
    return (await this.#json(await this.#send(path, post(body)))) as T
  }

  /** What a door shows to anybody. Raises Refusal. */
  async show(path: string): Promise<Uint8Array> {
    return bytesOf(await this.#send(path, { method: 'GET' }))
  }

  /** One of the /auth doors of those who are logged in. Raises Refusal. */
  async bearer<T>(path: string, body: object): Promise<T> {
    return (await this.#json(await this.#authorised(path, post(body)))) as T
  }

  /** What this relay can, by capability (RFC 8620, 2). Raises Refusal. */
  async capabilities(): Promise<Readonly<Record<string, Members>>> {
    const said = (await this.#json(await this.#authorised(WELL_KNOWN, { method: 'GET' }))) as Members
    return (said['capabilities'] ?? {}) as Readonly<Record<string, Members>>
  }

  /** A fresh access token through the refresh cookie. Raises Refusal `unauthorized` when there is none. */
  renew(): Promise<Tokens> {
    this.#renewing ??= this.#network
      .alone(() => this.door<Tokens>(REFRESH, {}))
      .then(tokens => {
        this.adopt(tokens)
        return tokens
      })
      .finally(() => {
        this.#renewing = undefined
      })
    return this.#renewing
  }

  /** Ends the device's session. A relay that does not answer must not keep anybody from leaving. */
  async logOut(): Promise<void> {
    try {
      await this.#authorised(LOGOUT, post({}))
    } catch (error) {
      if (!isRefusal(error)) throw error
    } finally {
      this.#token = undefined
    }
  }

  /** One method call. Raises Refusal. */
  async call<M extends MethodName>(name: M, given: Methods[M][0]): Promise<Methods[M][1]> {
    const [answer] = await this.calls<[M]>([[name, given]])
    return answer
  }

  /** Several method calls in one request, answered in order. The first refusal among them is raised. */
  async calls<M extends readonly MethodName[]>(
    calls: { readonly [K in keyof M]: Call<M[K]> },
  ): Promise<Answers<M>> {
    const methodCalls = (calls as readonly Call<MethodName>[]).map(([name, given], at) => [name, given, String(at)])
    const using = calls.some(([name]) => name.startsWith('DirectoryEntry/')) ? [...EVERYONE, DIRECTORY] : EVERYONE
    const response = await this.#authorised(API, post({ using, methodCalls }))
    const { methodResponses } = (await this.#json(response)) as { methodResponses: [string, unknown, string][] }
    return methodResponses.map(([name, answer]) => {
      if (name === 'error') throw fromError(answer as { type: string })
      return answer
    }) as unknown as Answers<M>
  }

  async upload(account: string, bytes: Uint8Array | Blob): Promise<Uploaded> {
    const headers = { 'Content-Type': 'application/octet-stream' }
    const init = { method: 'POST', headers, body: bytes as Uint8Array<ArrayBuffer> | Blob }
    return (await this.#json(await this.#authorised(upload(account), init))) as Uploaded
  }

  async download(account: string, blob: string): Promise<Uint8Array> {
    return bytesOf(await this.#authorised(download(account, blob), { method: 'GET' }))
  }

  /** What changed, as the relay says it, until the stream ends. `signal` ends it. */
  async *events(signal: AbortSignal): AsyncGenerator<StateChange> {
    const headers = { Accept: 'text/event-stream' }
    const response = await this.#authorised(EVENTS, { method: 'GET', headers, signal })
    if (response.body === null) return
    for await (const { event, data } of readEvents(response.body)) {
      if (event === 'state') yield JSON.parse(data) as StateChange
    }
  }

  async #authorised(path: string, init: RequestInit): Promise<Response> {
    try {
      return await this.#send(path, this.#signed(init))
    } catch (error) {
      if (!isRefusal(error, 'unauthorized')) throw error
      await this.renew()
      return this.#send(path, this.#signed(init))
    }
  }

  #signed(init: RequestInit): RequestInit {
    if (this.#token === undefined) throw new Refusal('unauthorized')
    return { ...init, headers: { ...(init.headers as Record<string, string>), Authorization: `Bearer ${this.#token}` } }
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    const response = await this.#reach(path, init)
    if (response.ok) return response
    const problem = (await response.json().catch(() => ({}))) as Members
    throw fromProblem(response.status, problem, response.headers.get('Retry-After'))
  }

  async #reach(path: string, init: RequestInit): Promise<Response> {
    try {
      return await this.#network.fetch(path, { ...init, credentials: 'same-origin', cache: 'no-store' })
    } catch {
      throw new Refusal('unreachable')
    }
  }

  async #json(response: Response): Promise<unknown> {
    try {
      return await response.json()
    } catch {
      throw new Refusal('serverFail')
    }
  }
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  try {
    return new Uint8Array(await response.arrayBuffer())
  } catch {
    throw new Refusal('unreachable')
  }
}

const post = (body: object): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
})
