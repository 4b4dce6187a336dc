/** A device that keeps things in memory: small texts, one wrapping key, one tab's wrapped bytes. */
import type { Keeping, Memory } from '../../src/session/ports.ts'

export class FakeDevice {
  readonly texts = new Map<string, string>()
  storedKey: CryptoKey | undefined
  storedBytes: Uint8Array | undefined

  readonly lasting: Memory = {
    get: name => this.texts.get(name),
    set: (name, value) => void this.texts.set(name, value),
    remove: name => void this.texts.delete(name),
  }

  readonly keeping: Keeping = {
    key: async () => {
      this.storedKey ??= await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
      return this.storedKey
    },
    save: wrapped => {
      this.storedBytes = wrapped
    },
    load: () => {
      const [key, wrapped] = [this.storedKey, this.storedBytes]
      return Promise.resolve(key === undefined || wrapped === undefined ? undefined : { key, wrapped })
    },
    forget: () => {
      this.storedKey = undefined
      this.storedBytes = undefined
      return Promise.resolve()
    },
  }
}
