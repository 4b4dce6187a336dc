/** A code of 27 signs as people type and read it: nine groups of three, on three lines where there is little room. Pure. */

const SIGNS = 27
const WHOLE = /\b(?:[0-9A-Z]{3}[ -]){8}[0-9A-Z]{3}\b/

/** What counts of what was typed: capitals, without what is neither letter nor digit. */
export function signsOf(typed: string): string {
  const capitals = typed.toUpperCase()
  // Whoever copies the whole line of a letter copies words as well.
  const code = WHOLE.exec(capitals.replace(/\s/g, ' '))?.[0] ?? capitals
  return code.replace(/[^0-9A-Z]/g, '').slice(0, SIGNS)
}

/** Groups of three with hyphens, as on the letter. */
export const inGroups = (typed: string): string => signsOf(typed).replace(/...(?!$)/g, '$&-')

/** The same on lines of three groups. */
export const onLines = (typed: string): string =>
  signsOf(typed).replace(/...(?!$)/g, (group, at: number) => `${group}${at % 9 === 6 ? '\n' : '-'}`)

/** Where the caret stands in `shown` after as many signs as stood before it in what was typed. */
export function caretIn(shown: string, signsBefore: number): number {
  let [at, left] = [0, signsBefore]
  while (left > 0 && at < shown.length) {
    if (/[0-9A-Z]/.test(shown.charAt(at))) left -= 1
    at += 1
  }
  return at
}

/** One sign after the other, so that no reader of screens makes a word or a number of them. */
export const spelled = (code: string): string => signsOf(code).replace(/.(?!$)/g, '$& ')
