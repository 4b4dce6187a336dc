// What a mail says and what it repeats, by the vectors that Python reads as well; and that no character is ever lost.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { passages, withQuoted, type Passage } from '../../src/content/quoting.ts'

type Split = { readonly name: string; readonly text: string; readonly passages: readonly Passage[] }
type Answered = { readonly name: string; readonly wrote: string; readonly earlier: string; readonly answered: string }
const file = new URL('../../../../tests/vectors/mail/quoting.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly (Split | Answered)[] }
const split = cases.flatMap(one => ('passages' in one ? [one] : []))
const answered = cases.flatMap(one => ('answered' in one ? [one] : []))

test.each(split)('$name', ({ text, passages: expected }) => {
  expect(passages(text)).toEqual(expected)
  expect(passages(text).map(passage => passage.text).join('')).toBe(text)
})

test.each(answered)('$name', ({ wrote, earlier, answered: expected }) => {
  expect(withQuoted('Merci docteur\n', wrote, earlier)).toBe(expected)
})

test('an answer quotes what was said, and its own reader folds that again', () => {
  const whole = withQuoted('Merci', 'Le 2 mars 2026, Claire a écrit :', 'Bonjour\n> jadis\n')
  expect(passages(whole).map(({ kind }) => kind)).toEqual(['said', 'quoted'])
  expect(whole).not.toContain('jadis')
})

test('a letter at its limit is not made longer', () => {
  expect(withQuoted('Merci', 'On 1 March 2026, X wrote:', 'a\n'.repeat(600_000))).toBe('Merci')
})
