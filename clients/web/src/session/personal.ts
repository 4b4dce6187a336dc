/** The name that others see, which a person's devices share. Saved a moment later. */
import { signal } from '@preact/signals'
import type { Json } from '../crypto/encoding.ts'
import type { Saving } from './saving.ts'
import type { States } from './states.ts'

export class Personal {
  readonly #states: States
  readonly #saving: Saving
  readonly name = signal('')

  constructor(states: States, saving: Saving) {
    this.#states = states
    this.#saving = saving
  }

  /** Raises Refusal. */
  async load(): Promise<void> {
    const name = fields(await this.#states.load('profile'))['name']
    if (typeof name === 'string') this.name.value = name
  }

  setName(name: string): void {
    this.name.value = name
    this.#saving.later('profile', there => ({ ...fields(there), name: this.name.value }))
  }
}

const fields = (value: Json | undefined): Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, Json>>) : {}
