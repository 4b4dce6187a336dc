/** The searching worker: it holds the text of the open mailbox as long as that is open, and reaches no network and no storage. */
import type { FromSearcher, ToSearcher } from './messages.ts'
import { SearchIndex } from './searchindex.ts'

const index = new SearchIndex()

self.addEventListener('message', ({ data }: MessageEvent<ToSearcher>) => {
  if (data.kind === 'put') index.put(data.documents)
  else if (data.kind === 'remove') index.remove(data.ids)
  else self.postMessage({ question: data.question, found: index.find(data.query) } satisfies FromSearcher)
})
