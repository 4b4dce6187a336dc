/**
 * What lets a reload of this tab open the box again: a key that no script can read, in IndexedDB, and bytes wrapped
 * under it, in sessionStorage. A browser that keeps either not (private mode, a full disk) just asks for the password.
 */
import type { Kept, Keeping } from '../session/ports.ts'

const DATABASE = 'pli'
const STORE = 'keys'
const KEY = 'page'
const NAME = 'pli kept'

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('IndexedDB'))
  })

async function withStore<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opening = indexedDB.open(DATABASE, 1)
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE)
  const database = await done(opening)
  try {
    return await done(work(database.transaction(STORE, mode).objectStore(STORE)))
  } finally {
    database.close()
  }
}

const stored = (): Promise<unknown> => withStore('readonly', store => store.get(KEY))

/** One key for all tabs: the first that asks makes it. */
async function wrappingKey(): Promise<CryptoKey> {
  const there = await stored()
  if (there instanceof CryptoKey) return there
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  await withStore('readwrite', store => store.put(key, KEY))
  return key
}

async function load(): Promise<Kept | undefined> {
  const text = sessionStorage.getItem(NAME)
  if (text === null) return undefined
  const key = await stored()
  return key instanceof CryptoKey ? { key, wrapped: Uint8Array.from(atob(text), sign => sign.charCodeAt(0)) } : undefined
}

async function forget(): Promise<void> {
  try {
    sessionStorage.removeItem(NAME)
  } finally {
    await done(indexedDB.deleteDatabase(DATABASE))
  }
}

const orNothing = <T>(work: Promise<T>): Promise<T | undefined> => work.catch(() => undefined)

export const keeping: Keeping = {
  key: () => orNothing(wrappingKey()),
  save: wrapped => {
    try {
      sessionStorage.setItem(NAME, btoa(String.fromCharCode(...wrapped)))
    } catch {
      // Not kept: the password is asked for after a reload.
    }
  },
  load: () => orNothing(load()),
  forget: async () => {
    await orNothing(forget())
  },
}
