/** Every browser API that is more than drawing, in one place. Only main.tsx knows this folder. */
import type { Screen } from '../pages/context.ts'
import type { Ports } from '../session/ports.ts'
import { camera } from './camera.ts'
import { clock } from './clock.ts'
import { keeping } from './keeping.ts'
import { lasting } from './memory.ts'
import { network } from './network.ts'
import { presence } from './presence.ts'
import { parse } from './parse.ts'
import { authenticator } from './passkeys.ts'
import { pushing } from './push.ts'
import { save, show } from './showing.ts'
import { store } from './store.ts'
import { pdfWorker, searchingWorker } from './workers.ts'

export const ports: Ports = { network, clock, lasting, keeping, store, presence, authenticator, searcher: searchingWorker }

export const screen: Screen = {
  origin: network.origin,
  show,
  save,
  parse,
  pdfWorker,
  print: () => {
    window.print()
  },
  copy: async text => {
    try {
      await navigator.clipboard.writeText(text)
      return true
    } catch {
      return false
    }
  },
  camera,
  pushing,
  visit: address => {
    window.location.assign(address)
  },
}
