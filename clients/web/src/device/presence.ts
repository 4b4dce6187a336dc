/** Whether the page is looked at, whether the network came or went, and a question before something is lost. */
import type { Presence } from '../session/ports.ts'

const ACTIVITY = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart', 'scroll'] as const

export const presence: Presence = {
  onReturn: work => {
    const seen = (): void => {
      if (document.visibilityState === 'visible') work()
    }
    addEventListener('online', work)
    addEventListener('offline', work)
    document.addEventListener('visibilitychange', seen)
    return () => {
      removeEventListener('online', work)
      removeEventListener('offline', work)
      document.removeEventListener('visibilitychange', seen)
    }
  },
  onActivity: work => {
    const options = { capture: true, passive: true }
    for (const name of ACTIVITY) addEventListener(name, work, options)
    return () => {
      for (const name of ACTIVITY) removeEventListener(name, work, options)
    }
  },
  guard: busy => {
    const ask = (event: BeforeUnloadEvent): void => {
      if (busy()) event.preventDefault()
    }
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  },
}
