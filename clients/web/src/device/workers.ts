/** Workers, made only from addresses that were built with this page (Trusted Types policy `app-url`). */
import pdfAddress from 'pdfjs-dist/build/pdf.worker.min.mjs?url'
import searchingAddress from '../search/worker.ts?worker&url'
import sealingAddress from '../crypto/worker.ts?worker&url'

/** The parts of Trusted Types that are used here; not every browser has them, and TypeScript does not know them. */
type Policy = { readonly createScriptURL: (address: string) => string }
type TrustedTypes = {
  readonly createPolicy: (name: string, rules: { readonly createScriptURL: (address: string) => string }) => Policy
}

/** Not hashed: a browser looks for its newest version at the same address (keptfiles.ts). */
const OFFLINE = '/offline.js'
const ALLOWED = new Set([OFFLINE, pdfAddress, sealingAddress, searchingAddress])

const check = (address: string): string => {
  if (!ALLOWED.has(address)) throw new TypeError('not an address of this page')
  return address
}

const { trustedTypes } = globalThis as { readonly trustedTypes?: TrustedTypes }
const policy: Policy = trustedTypes?.createPolicy('app-url', { createScriptURL: check }) ?? { createScriptURL: check }

const start = (address: string): Worker => new Worker(policy.createScriptURL(address), { type: 'module' })

export const sealingWorker = (): Worker => start(sealingAddress)
export const pdfWorker = (): Worker => start(pdfAddress)
export const searchingWorker = (): Worker => start(searchingAddress)
export const offlineAddress = (): string => policy.createScriptURL(OFFLINE)
