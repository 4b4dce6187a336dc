/** The text of every letter, folded, and the letters in which all words of a question begin some word. No thread of its own. */
import { fold, wordsOf } from './fold.ts'

export type Document = readonly [id: string, text: string]

export class SearchIndex {
  readonly #texts = new Map<string, string>()

  put(documents: readonly Document[]): void {
    for (const [id, text] of documents) this.#texts.set(id, fold(text))
  }

  remove(ids: readonly string[]): void {
    for (const id of ids) this.#texts.delete(id)
  }

  /** Ids in the order in which they were put. A question without a letter or a digit finds nothing. */
  find(query: string): readonly string[] {
    const words = wordsOf(query)
    if (words.length === 0) return []
    const found: string[] = []
    for (const [id, text] of this.#texts) if (words.every(word => text.includes(word))) found.push(id)
    return found
  }
}
