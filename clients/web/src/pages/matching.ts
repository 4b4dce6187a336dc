/** Words that a person types, in whatever letters and accents, found as beginnings of words. Pure. */

/** "Écho-cœur" -> "echo-coeur": what sounds the same is the same. */
export const plain = (text: string): string =>
  text
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replaceAll('œ', 'oe')
    .replaceAll('æ', 'ae')

const wordsOf = (text: string): readonly string[] => plain(text).split(/[^\p{L}\p{N}]+/u).filter(word => word !== '')

/** Those in whose text each typed word begins some word; all when nothing was typed. */
export function matching<T>(items: readonly T[], typed: string, textOf: (item: T) => string): readonly T[] {
  const wanted = wordsOf(typed)
  if (wanted.length === 0) return items
  return items.filter(item => {
    const there = wordsOf(textOf(item))
    return wanted.every(word => there.some(one => one.startsWith(word)))
  })
}
