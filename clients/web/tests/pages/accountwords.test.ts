/** The words of the account's pages: the same in both languages, and there in whichever is spoken. */
import { afterEach, expect, test } from 'vitest'
import { enAccount } from '../../src/words/account.en.ts'
import { frAccount } from '../../src/words/account.fr.ts'
import { fr } from '../../src/words/fr.ts'
import { learnAccountWords, speak, t } from '../../src/words/words.ts'

afterEach(() => speak('fr'))

test('both languages have the same names, with the same values to fill in', () => {
  const arity = (words: Readonly<Record<string, unknown>>): ReadonlyMap<string, number> =>
    new Map(Object.entries(words).map(([name, entry]) => [name, typeof entry === 'function' ? entry.length : 0]))
  expect(arity(enAccount)).toEqual(arity(frAccount))
})

test('no name is in both catalogues of a language', () => {
  expect(Object.keys(frAccount).filter(name => name in fr)).toEqual([])
})

test('no sentence is empty, and French has its spaces that do not break', () => {
  const texts = Object.values<unknown>({ ...frAccount }).map(String)
  expect([...texts, ...Object.values<unknown>({ ...enAccount }).map(String)].filter(text => text.trim() === '')).toEqual([])
  expect(texts.filter(text => !text.includes('=>') && / [;:!?»]|« /.test(text))).toEqual([])
})

test('they stay when the language changes', async () => {
  await learnAccountWords()
  expect(t('devices.title')).toBe('Appareils connectés')
  await speak('en')
  expect(t('devices.title')).toBe('Connected devices')
})
