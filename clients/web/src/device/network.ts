/** The own origin: the only one that this page talks to. */
import type { Network } from '../session/ports.ts'

export const network: Network = {
  origin: location.origin,
  fetch: (path, init) => fetch(new URL(path, location.origin), { ...init, redirect: 'error', referrerPolicy: 'no-referrer' }),
  alone: async work => navigator.locks.request('pli refresh', work),
}
