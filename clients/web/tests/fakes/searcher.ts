/** The searching worker without a thread, joined by structured clones as a browser would join it. */
import type { FromSearcher, Searcher, ToSearcher } from '../../src/search/messages.ts'
import { SearchIndex } from '../../src/search/searchindex.ts'

export class FakeSearcher implements Searcher {
  onmessage: ((event: MessageEvent<FromSearcher>) => void) | null = null
  readonly #index = new SearchIndex()
  ended = false

  postMessage(message: ToSearcher): void {
    const asked = structuredClone(message)
    if (asked.kind === 'put') this.#index.put(asked.documents)
    else if (asked.kind === 'remove') this.#index.remove(asked.ids)
    else {
      const data = { question: asked.question, found: this.#index.find(asked.query) }
      queueMicrotask(() => {
        if (!this.ended) this.onmessage?.(new MessageEvent('message', { data }))
      })
    }
  }

  terminate(): void {
    this.ended = true
  }
}
