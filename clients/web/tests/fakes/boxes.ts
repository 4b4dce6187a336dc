/** A relay that holds one key box and sealed states, with compare-and-set; and one that turns time back when told. */
import { b64u, unb64u } from '../../src/crypto/encoding.ts'
import { Transport } from '../../src/session/transport.ts'
import type { Network } from '../../src/session/ports.ts'

type Row = { readonly version: number; readonly sealed: string }
type Given = { readonly ids?: readonly string[]; readonly update?: Readonly<Record<string, Row & { readonly box: string }>> }

export class FakeBoxes {
  #box: { readonly version: number; readonly box: string }
  readonly states = new Map<string, Row>()
  readonly transport: Transport

  constructor(box: Uint8Array) {
    this.#box = { version: 1, box: b64u(box) }
    const network: Network = {
      origin: 'https://pli.example',
      fetch: (_, init) => Promise.resolve(Response.json(this.#answer(JSON.parse(init.body as string) as Asked))),
      alone: work => work(),
    }
    this.transport = new Transport(network)
    this.transport.adopt({ accessToken: 'token', account: '', expiresIn: 900 })
  }

  get box(): Uint8Array {
    return unb64u(this.#box.box)
  }

  turnBack(box: Uint8Array): void {
    this.#box = { version: 1, box: b64u(box) }
  }

  #answer({ methodCalls }: Asked): unknown {
    return { methodResponses: methodCalls.map(([name, given, id]) => [name, this.#do(name, given), id]) }
  }

  #do(name: string, { ids = [], update = {} }: Given): unknown {
    if (name === 'KeyBox/get') return { state: '', notFound: [], list: [{ id: 'box', ...this.#box }] }
    if (name === 'SealedState/get') {
      return { state: '', notFound: [], list: ids.flatMap(id => (this.states.has(id) ? [{ id, ...this.states.get(id)! }] : [])) }
    }
    const [[id, row]] = Object.entries(update) as [[string, Row & { readonly box: string }]]
    const held = id === 'box' ? this.#box.version : (this.states.get(id)?.version ?? 0)
    if (row.version !== held + 1) return { newState: '', notUpdated: { [id]: { type: 'stateMismatch' } } }
    if (id === 'box') this.#box = row
    else this.states.set(id, row)
    return { newState: '', updated: { [id]: null } }
  }
}

type Asked = { readonly methodCalls: readonly (readonly [string, Given, string])[] }
