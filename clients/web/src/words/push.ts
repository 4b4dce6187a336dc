/** What a notice says while no page is open: that there is something, and nothing of what it is. */
const fr = { lang: 'fr', body: 'Il y a du nouveau pour vous. Ouvrez Pli pour le lire.' }
const en = { lang: 'en', body: 'There is something new for you. Open Pli to read it.' }

/** By the browser's languages, the one that is liked most first: French where it speaks neither. */
export const noticeWords = (languages: readonly string[]): typeof fr =>
  languages.map(tag => ({ fr, en })[tag.slice(0, 2)]).find(words => words !== undefined) ?? fr
