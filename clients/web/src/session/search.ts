/**
 * Search in the text of everything that was opened. The index lives in a worker while the mailbox is open and is kept nowhere:
 * it is made anew from the sealed cache, in less time than it would take to open one.
 */
import type { FromSearcher, Searcher } from '../search/messages.ts'
import type { Document } from '../search/searchindex.ts'
import type { Part } from '../content/kinds.ts'
import type { Arrived } from './entries.ts'

const AT_ONCE = 500 // letters in one message to the worker

export class Search {
  readonly #start: () => Searcher
  #searcher: Searcher | undefined
  readonly #put = new Set<string>()
  readonly #asked = new Map<number, (found: ReadonlySet<string>) => void>()
  #questions = 0

  constructor(start: () => Searcher) {
    this.#start = start
  }

  /** The relay's ids of those letters in which every word of `query` begins some word. */
  find(query: string, letters: readonly Arrived[]): Promise<ReadonlySet<string>> {
    const searcher = (this.#searcher ??= this.#started())
    this.#follow(searcher, letters)
    const question = (this.#questions += 1)
    return new Promise(resolve => {
      this.#asked.set(question, resolve)
      searcher.postMessage({ kind: 'find', question, query })
    })
  }

  /** Nothing readable stays. */
  close(): void {
    this.#searcher?.terminate()
    this.#searcher = undefined
    this.#put.clear()
    for (const answer of this.#asked.values()) answer(new Set())
    this.#asked.clear()
  }

  #started(): Searcher {
    const searcher = this.#start()
    searcher.onmessage = ({ data: { question, found } }: MessageEvent<FromSearcher>) => {
      this.#asked.get(question)?.(new Set(found))
      this.#asked.delete(question)
    }
    return searcher
  }

  /** Letters never change: only what came and what went is told. */
  #follow(searcher: Searcher, letters: readonly Arrived[]): void {
    const there = new Set(letters.map(({ id }) => id))
    const gone = [...this.#put].filter(id => !there.has(id))
    for (const id of gone) this.#put.delete(id)
    if (gone.length > 0) searcher.postMessage({ kind: 'remove', ids: gone })
    const fresh = letters.filter(({ id }) => !this.#put.has(id))
    for (let at = 0; at < fresh.length; at += AT_ONCE) {
      const documents = fresh.slice(at, at + AT_ONCE).map(documentOf)
      searcher.postMessage({ kind: 'put', documents })
    }
    for (const { id } of fresh) this.#put.add(id)
  }
}

/** Everything in a letter that a person would look for. */
export const documentOf = ({ id, letter }: Arrived): Document => {
  const { subject, text, sender, parts } = letter
  return [id, [sender.name, sender.address, subject, text, ...parts.flatMap(textsOf)].join('\n')]
}

function textsOf(part: Part): readonly string[] {
  switch (part.kind) {
    case 'file':
      return [part.file.name]
    case 'record.document':
      return [part.title, part.code.label, part.author.name, part.author.organization, part.file.name]
    case 'agenda.invitation':
      return [part.summary, part.location, part.description, part.organizer.name]
    case 'receipt':
    case 'unknown':
      return []
  }
}
