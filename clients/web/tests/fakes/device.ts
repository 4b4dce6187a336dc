/** A device that keeps things in memory: small texts, one wrapping key, one tab's wrapped bytes. */
import type { Keeping, Memory, Store } from '../../src/session/ports.ts'

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

  readonly sealed = new Map<string, Uint8Array>()
  readonly files = new Map<string, Blob>()
  /** The disk is full. */
  isFull = false
  readonly store: Store = {
    get: name => Promise.resolve(this.sealed.get(name)),
    put: (name, bytes) => {
      if (!this.isFull) this.sealed.set(name, bytes)
      return Promise.resolve(!this.isFull)
    },
    getFile: name => Promise.resolve(this.files.get(name)),
    putFile: (name, file) => {
      if (!this.isFull) this.files.set(name, file)
      return Promise.resolve(!this.isFull)
    },
    remove: names => {
      for (const name of names) {
        this.sealed.delete(name)
        this.files.delete(name)
      }
      return Promise.resolve()
    },
    names: prefix => Promise.resolve([...this.sealed.keys(), ...this.files.keys()].filter(name => name.startsWith(prefix))),
    forget: () => {
      this.sealed.clear()
      this.files.clear()
      return Promise.resolve()
    },
  }
}
