/** The service worker that keeps this build for reading without the network, and newer builds that wait beside it. */
import { offlineAddress } from './workers.ts'

const LOOK_EVERY = 3_600_000 // milliseconds: a page may stay open for weeks

/** `onNewer` is told of a build that waits, with what begins it: this page is loaded again then. A browser without any is left alone. */
export async function keepBuild(onNewer: (begin: () => void) => void): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  const { serviceWorker } = navigator
  const registration = await serviceWorker.register(offlineAddress(), { updateViaCache: 'none' })
  const tell = (): void => {
    const { waiting } = registration
    if (waiting !== null && serviceWorker.controller !== null) onNewer(() => begin(waiting))
  }
  tell()
  registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', tell))
  lookAgain(() => void registration.update().catch(() => undefined)) // unreachable: it is asked for again
}

function begin(waiting: ServiceWorker): void {
  const reload = (): void => location.reload()
  if (waiting.state === 'activated') reload() // another tab began it
  else {
    navigator.serviceWorker.addEventListener('controllerchange', reload, { once: true })
    waiting.postMessage('begin')
  }
}

function lookAgain(look: () => void): void {
  let looked = Date.now()
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible' || Date.now() - looked < LOOK_EVERY) return
    looked = Date.now()
    look()
  })
}
