import { expect, test } from 'vitest'
import { enDoors } from '../../src/words/doors.en.ts'
import { frDoors } from '../../src/words/doors.fr.ts'
import { en as enFirst } from '../../src/words/en.ts'
import { fr as frFirst } from '../../src/words/fr.ts'
import { enInside } from '../../src/words/inside.en.ts'
import { frInside } from '../../src/words/inside.fr.ts'
import { brief, day, fileSize, span } from '../../src/words/dates.ts'
import { speak, t } from '../../src/words/words.ts'

const fr: Readonly<Record<string, unknown>> = { ...frFirst, ...frDoors, ...frInside }
const en: Readonly<Record<string, unknown>> = { ...enFirst, ...enDoors, ...enInside }

test('no name stands in two chapters', () => {
  expect(Object.keys(fr)).toHaveLength([frFirst, frDoors, frInside].reduce((sum, words) => sum + Object.keys(words).length, 0))
})

test('both languages have the same names', () => {
  expect(Object.keys(en).sort()).toEqual(Object.keys(fr).sort())
})

test('both languages take the same values', () => {
  const arity = (words: Readonly<Record<string, unknown>>): ReadonlyMap<string, number> =>
    new Map(Object.entries(words).map(([name, entry]) => [name, typeof entry === 'function' ? entry.length : 0]))
  expect(arity(en)).toEqual(arity(fr))
})

test('no sentence is empty or has stray spaces', () => {
  const texts = [fr, en].flatMap(words => Object.entries(words).filter(([name]) => name !== 'place.waiting'))
  const poor = texts.filter(([, text]) => typeof text === 'string' && (text.trim() === '' || text !== text.trim()))
  expect(poor).toEqual([])
})

test('French puts a space that does not break before its double punctuation', () => {
  const loose = Object.entries(fr).filter(([, text]) => / [;:!?»]|« /.test(String(text)))
  expect(loose.filter(([, text]) => typeof text === 'string')).toEqual([])
})

test('what is said follows the chosen language', async () => {
  await speak('en')
  expect(t('answer.send')).toBe('Send')
  await speak('fr')
  expect(t('answer.send')).toBe('Envoyer')
})

test('a date is as short as it can be', () => {
  const now = new Date(2024, 2, 12, 18, 0)
  expect(brief(new Date(2024, 2, 12, 9, 5), now)).toBe('09:05')
  expect(brief(new Date(2024, 0, 5), now)).toBe('5 janv.')
  expect(brief(new Date(2023, 0, 5), now)).toBe('5 janv. 2023')
})

test('the first of a month is said as it is spoken', () => {
  expect(day(new Date(2024, 11, 1))).toBe('1er décembre 2024')
  expect(day(new Date(2024, 11, 11))).toBe('11 décembre 2024')
  expect(span(new Date(2024, 11, 1, 9, 30), new Date(2024, 11, 1, 10), false)).toMatch(/^dimanche 1er décembre 2024/)
})

test('a small file is not said to be nothing', () => {
  expect(fileSize(22)).toMatch(/22.octets/)
  expect(fileSize(1_240_000)).toMatch(/1,2.Mo/)
})
