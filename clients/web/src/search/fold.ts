/** Text as it is searched: small letters without accents, one space before each word. Pure. */

const LETTERS: Readonly<Record<string, string>> = { œ: 'oe', æ: 'ae', ß: 'ss', ø: 'o', ł: 'l', đ: 'd' }
const PLAIN = /^[\x20-\x7e\n\r\t]*$/

/** "L’œdème, à Évry" -> " l oedeme a evry". Every sign that is no letter and no digit parts words. */
export function fold(text: string): string {
  const small = text.toLowerCase()
  const bare = PLAIN.test(small) ? small : small.normalize('NFKD').replace(/\p{M}+/gu, '').replace(/[œæßøłđ]/g, sign => LETTERS[sign] ?? sign)
  const words = bare.replace(/[^\p{L}\p{N}]+/gu, ' ').trim()
  return words === '' ? '' : ` ${words}`
}

/** The words of a question, each as the beginning of a word. */
export const wordsOf = (query: string): readonly string[] => [...new Set(fold(query).split(' '))].filter(word => word !== '').map(word => ` ${word}`)
