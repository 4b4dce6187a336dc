/**
 * The service worker: the files of this build, each held to its hash, and notices without content.
 *
 * Laws: only files of the published manifest are kept, never an answer of the relay's doors; a build is kept whole or not at
 * all; a page that is open goes on with its own build until the person reloads.
 */
import { MESSAGES } from '../pages/places.ts'
import { noticeWords } from '../words/push.ts'
import { cacheName, fileFor, INDEX, outlived, pushed } from './rules.ts'

declare const self: ServiceWorkerGlobalScope
/** Written in by the build: its name, and each file with its SHA-256 in base64; `later`: kept when it is first asked for. */
declare const BUILD: {
  readonly name: string
  readonly now: Readonly<Record<string, string>>
  readonly later: Readonly<Record<string, string>>
}

const HASHES: ReadonlyMap<string, string> = new Map(Object.entries({ ...BUILD.now, ...BUILD.later }))
const FILES: ReadonlySet<string> = new Set(HASHES.keys())
const NAME = cacheName(BUILD.name)
const ORIGIN = self.location.origin

/** From the relay. Rejects when it is not the file of the manifest: the browser checks the hash (Subresource Integrity). */
async function fetched(path: string, hash: string): Promise<Response> {
  const address = path === INDEX ? '/' : `/${path}`
  const response = await fetch(address, { integrity: `sha256-${hash}`, credentials: 'omit', redirect: 'error' })
  if (!response.ok) throw new TypeError(`${path}: ${response.status}`)
  return response
}

/** One after the other: whoever waits for a page on a slow line goes first. */
async function install(): Promise<void> {
  const cache = await caches.open(NAME)
  for (const [path, hash] of Object.entries(BUILD.now)) {
    if ((await cache.match(`/${path}`)) === undefined) await cache.put(`/${path}`, await fetched(path, hash))
  }
}

async function activate(): Promise<void> {
  for (const name of outlived(await caches.keys(), NAME)) await caches.delete(name)
  await self.clients.claim()
}

async function answer(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(NAME)
  const kept = (await cache.match(`/${path}`)) ?? (path === INDEX ? undefined : await caches.match(`/${path}`))
  if (kept !== undefined) return kept
  const hash = HASHES.get(path)
  if (hash === undefined) return fetch(request)
  const response = await fetched(path, hash)
  await cache.put(`/${path}`, response.clone()).catch(() => undefined) // a full disk: it is fetched again
  return response
}

async function tell(text: string): Promise<void> {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const about = pushed(text)
  if (about.kind === 'verification') {
    for (const page of pages) page.postMessage(about.raw)
  } else if (!pages.some(page => page.visibilityState === 'visible')) {
    const { lang, body } = noticeWords(self.navigator.languages)
    await self.registration.showNotification('Pli', { body, lang, tag: 'news', icon: '/pli.svg' })
  }
}

async function openPage(): Promise<void> {
  const pages = await self.clients.matchAll({ type: 'window' })
  await (pages[0] === undefined ? self.clients.openWindow(MESSAGES) : pages[0].focus())
}

self.addEventListener('install', event => event.waitUntil(install()))
self.addEventListener('activate', event => event.waitUntil(activate()))
self.addEventListener('message', event => {
  if (event.data === 'begin') event.waitUntil(self.skipWaiting())
})
self.addEventListener('fetch', event => {
  const path = fileFor(event.request, ORIGIN, FILES)
  if (path !== undefined) event.respondWith(answer(path, event.request))
})
self.addEventListener('push', event => event.waitUntil(tell(event.data?.text() ?? '')))
self.addEventListener('notificationclick', event => {
  event.notification.close()
  event.waitUntil(openPage())
})
