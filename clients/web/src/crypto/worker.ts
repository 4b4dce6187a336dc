/** The sealing worker. It holds the keys, libsodium and nothing else; it reaches no network and no storage. */
import type { ToPage, ToWorker } from './operations.ts'
import { Service } from './service.ts'
import { Vault } from './vault.ts'

const send = (message: ToPage): void => self.postMessage(message)
const service = new Service(new Vault(() => new Date()), send)

self.addEventListener('message', (event: MessageEvent<ToWorker>) => {
  void service.receive(event.data) // every refusal is sent: nothing is left to throw
})
