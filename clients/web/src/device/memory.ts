/** The browser's small stores. A browser that keeps nothing (private mode, a full disk) is remembered for this page only. */
import type { Memory } from '../session/ports.ts'

const PREFIX = 'pli '

function memory(open: () => Storage): Memory {
  const here = new Map<string, string>()
  const attempt = <T>(work: (storage: Storage) => T): T | undefined => {
    try {
      return work(open())
    } catch {
      return undefined
    }
  }
  return {
    get: name => attempt(storage => storage.getItem(PREFIX + name)) ?? here.get(name),
    set: (name, value) => {
      here.set(name, value)
      attempt(storage => storage.setItem(PREFIX + name, value))
    },
    remove: name => {
      here.delete(name)
      attempt(storage => storage.removeItem(PREFIX + name))
    },
  }
}

export const lasting = memory(() => localStorage)
