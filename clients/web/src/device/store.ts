/**
 * Sealed bytes in IndexedDB, by name, for reading without the network. A browser that keeps none (private mode, a full
 * disk) just fetches them again.
 */
import type { Store } from '../session/ports.ts'

const DATABASE = 'pli sealed'
const STORE = 'sealed'

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('IndexedDB'))
  })

const ended = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB'))
  })

let opened: Promise<IDBDatabase> | undefined

/** One connection for this page; given up when another tab forgets everything. */
function database(): Promise<IDBDatabase> {
  opened ??= open().catch((error: unknown) => {
    opened = undefined
    throw error
  })
  return opened
}

async function open(): Promise<IDBDatabase> {
  const opening = indexedDB.open(DATABASE, 1)
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE)
  const found = await done(opening)
  const leave = (): void => {
    found.close()
    opened = undefined
  }
  found.onversionchange = leave
  found.onclose = leave
  return found
}

async function read<T>(work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  return done(work((await database()).transaction(STORE, 'readonly').objectStore(STORE)))
}

async function write(work: (store: IDBObjectStore) => void): Promise<void> {
  const transaction = (await database()).transaction(STORE, 'readwrite')
  work(transaction.objectStore(STORE))
  await ended(transaction)
}

async function forget(): Promise<void> {
  const there = await opened?.catch(() => undefined)
  there?.close()
  opened = undefined
  await done(indexedDB.deleteDatabase(DATABASE))
}

const put = (name: string, value: Uint8Array | Blob): Promise<boolean> =>
  write(there => void there.put(value, name)).then(
    () => true,
    () => false,
  )

export const store: Store = {
  get: async name => {
    const found = await read<unknown>(there => there.get(name)).catch(() => undefined)
    return found instanceof Uint8Array ? found : undefined
  },
  put,
  getFile: async name => {
    const found = await read<unknown>(there => there.get(name)).catch(() => undefined)
    if (found instanceof Uint8Array) return new Blob([found as Uint8Array<ArrayBuffer>]) // as earlier versions kept it
    return found instanceof Blob ? found : undefined
  },
  putFile: put,
  remove: names =>
    write(there => {
      for (const name of names) there.delete(name)
    }).catch(() => undefined),
  names: async prefix => {
    const keys = await read(there => there.getAllKeys(IDBKeyRange.bound(prefix, `${prefix}\uffff`))).catch((): IDBValidKey[] => [])
    return keys.flatMap(key => (typeof key === 'string' ? [key] : []))
  },
  forget: () => forget().catch(() => undefined),
}
