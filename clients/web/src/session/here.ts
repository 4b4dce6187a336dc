/**
 * What this browser keeps of the open mailbox, sealed under its key box (docs/spec/content.md, "What a browser keeps").
 *
 * Law: it may be lost at any time. What does not open, or is not of this form, was not kept.
 */
import { utf8 } from '../crypto/bytes.ts'
import type { Json } from '../crypto/encoding.ts'
import { CryptoError } from '../crypto/errors.ts'
import type { Desk } from './desk.ts'
import type { Store } from './ports.ts'

const VERSION = 1 // of the state's seal: a name is never counted on here

export class Here {
  readonly #desk: Desk
  readonly #store: Store
  readonly #account: string

  constructor(desk: Desk, store: Store, account: string) {
    this.#desk = desk
    this.#store = store
    this.#account = account
  }

  /** Undefined when nothing is kept under this name that opens. */
  async get(name: string): Promise<Json | undefined> {
    const sealed = await this.#store.get(this.#place(name))
    if (sealed === undefined) return undefined
    try {
      const bytes = await this.#desk.call('openState', { label: labelOf(name), version: VERSION, sealed })
      return JSON.parse(new TextDecoder().decode(bytes)) as Json
    } catch (error) {
      if (error instanceof CryptoError || error instanceof SyntaxError) return undefined
      throw error
    }
  }

  /** False when it could not be kept. */
  async put(name: string, value: unknown): Promise<boolean> {
    const bytes = utf8(JSON.stringify(value))
    const sealed = await this.#desk.call('sealState', { label: labelOf(name), version: VERSION, bytes })
    return this.#store.put(this.#place(name), sealed)
  }

  remove(...names: readonly string[]): Promise<void> {
    return this.#store.remove(names.map(name => this.#place(name)))
  }

  async names(prefix: string): Promise<readonly string[]> {
    const from = this.#place('').length
    return (await this.#store.names(this.#place(prefix))).map(name => name.slice(from))
  }

  /** Bytes that are sealed already, and are kept as they are. */
  getSealed(name: string): Promise<Uint8Array | undefined> {
    return this.#store.get(this.#place(name))
  }

  putSealed(name: string, sealed: Uint8Array): Promise<boolean> {
    return this.#store.put(this.#place(name), sealed)
  }

  getFile(name: string): Promise<Blob | undefined> {
    return this.#store.getFile(this.#place(name))
  }

  putFile(name: string, sealed: Blob): Promise<boolean> {
    return this.#store.putFile(this.#place(name), sealed)
  }

  #place(name: string): string {
    return `${this.#account} ${name}`
  }
}

const labelOf = (name: string): string => `here ${name}`
