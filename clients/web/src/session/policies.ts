/**
 * Which policies of the key log this browser used for a person, by their hashes: the last one counts (docs/spec/transparency.md).
 *
 * A key box that brings another one was written by another device, or by somebody who should not have its key: the person
 * is asked. Hashes of public texts are no secret.
 */
import type { Memory } from './ports.ts'

const LIMIT = 20

const nameOf = (person: string): string => `policies ${person}`

export class Policies {
  readonly #lasting: Memory
  readonly #person: string

  constructor(lasting: Memory, person: string) {
    this.#lasting = lasting
    this.#person = person
  }

  /** Undefined in a browser that used none yet. */
  get current(): string | undefined {
    return this.#all().at(-1)
  }

  /** Whether the person has seen this one here, or none at all. */
  knows(hash: string): boolean {
    const all = this.#all()
    return all.length === 0 || all.includes(hash)
  }

  /** It counts from now on. */
  use(hash: string): void {
    if (this.current === hash) return
    const others = this.#all().filter(one => one !== hash)
    this.#lasting.set(nameOf(this.#person), JSON.stringify([...others, hash].slice(-LIMIT)))
  }

  #all(): readonly string[] {
    try {
      const kept = JSON.parse(this.#lasting.get(nameOf(this.#person)) ?? '[]') as unknown
      return Array.isArray(kept) ? kept.filter(one => typeof one === 'string') : []
    } catch {
      return [] // the browser's store was spoilt: as in a new browser
    }
  }
}
