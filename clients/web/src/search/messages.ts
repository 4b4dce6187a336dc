/** What the page and the searching worker say to each other: types only. */
import type { Document } from './searchindex.ts'

export type ToSearcher =
  | { readonly kind: 'put'; readonly documents: readonly Document[] }
  | { readonly kind: 'remove'; readonly ids: readonly string[] }
  | { readonly kind: 'find'; readonly question: number; readonly query: string }

export type FromSearcher = { readonly question: number; readonly found: readonly string[] }

/** A Worker, or what behaves like one. */
export interface Searcher {
  postMessage(message: ToSearcher): void
  onmessage: ((event: MessageEvent<FromSearcher>) => void) | null
  terminate(): void
}
