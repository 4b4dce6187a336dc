/** What the service worker decides: which file answers a request, which caches go, what a push is about. Values in, values out. */
import * as places from '../pages/places.ts'

export const INDEX = 'index.html'

/** Every cache of this page is named so, and then for its build. */
const PREFIX = 'pli build '
export const cacheName = (build: string): string => `${PREFIX}${build}`

const firstOf = (path: string): string => path.split('/')[1] ?? ''
const PAGES = new Set(Object.values(places).flatMap(place => (typeof place === 'string' && place.startsWith('/') ? [firstOf(place)] : [])))

/**
 * The file of the build that answers this request; undefined where only the relay does: its doors, downloads, anything that is
 * not of this origin. Files of other builds count too: an open page of the build before still asks for its own.
 */
export function fileFor(asked: Pick<Request, 'method' | 'mode' | 'url'>, origin: string, files: ReadonlySet<string>): string | undefined {
  const { origin: of, pathname, search } = new URL(asked.url)
  if (asked.method !== 'GET' || of !== origin) return undefined
  if (asked.mode === 'navigate') return PAGES.has(firstOf(pathname)) ? INDEX : undefined
  const path = pathname.slice(1)
  if (search !== '' || path === INDEX) return undefined
  return files.has(path) || path.startsWith('assets/') ? path : undefined
}

/** The caches to end when this build begins: all builds but this one and the newest before it, which may still be open in a tab. */
export function outlived(names: readonly string[], own: string): readonly string[] {
  return names.filter(name => name.startsWith(PREFIX) && name !== own).slice(0, -1)
}

export type Pushed =
  | { readonly kind: 'news' }
  /** RFC 8620, 7.2.2: for the page that asked for pushes. `raw` is what it is handed. */
  | { readonly kind: 'verification'; readonly raw: unknown }

/** What is not understood is news: a push that shows nothing costs the right to be pushed to. */
export function pushed(text: string): Pushed {
  try {
    const raw: unknown = JSON.parse(text)
    const type = typeof raw === 'object' && raw !== null && '@type' in raw ? raw['@type'] : undefined
    return type === 'PushVerification' ? { kind: 'verification', raw } : { kind: 'news' }
  } catch {
    return { kind: 'news' }
  }
}
