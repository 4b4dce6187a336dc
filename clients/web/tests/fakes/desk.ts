/** The sealing worker without a thread, joined by structured clones as a browser would join it. */
import { Desk, type WorkerLike } from '../../src/crypto/desk.ts'
import type { ToPage, ToWorker } from '../../src/crypto/operations.ts'
import { Service } from '../../src/crypto/service.ts'
import { Vault } from '../../src/crypto/vault.ts'

export class ClonedWorker implements WorkerLike {
  onmessage: ((event: MessageEvent<ToPage>) => void) | null = null
  onerror: ((event: ErrorEvent) => void) | null = null
  readonly #service: Service

  constructor(now: Date | (() => Date)) {
    const clock = typeof now === 'function' ? now : () => now
    this.#service = new Service(new Vault(clock), message => {
      const data = structuredClone(message)
      queueMicrotask(() => this.onmessage?.(new MessageEvent('message', { data })))
    })
  }

  postMessage(message: ToWorker): void {
    void this.#service.receive(structuredClone(message))
  }
}

export const newDesk = (now: Date | (() => Date)): Desk => new Desk(new ClonedWorker(now))
