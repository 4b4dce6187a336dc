import { expect, test } from 'vitest'
import { matching } from '../../src/pages/matching.ts'

const TITLES = ['Échographie du cœur', 'Compte rendu de biologie', 'Ordonnance du Dr Martin']
const found = (typed: string): readonly string[] => matching(TITLES, typed, title => title)

test('nothing typed finds all', () => {
  expect(found(' ')).toEqual(TITLES)
})

test.each([
  ['echo', [TITLES[0]]],
  ['COEUR écho', [TITLES[0]]],
  ['compte biolo', [TITLES[1]]],
  ['d’ordonn', [TITLES[2]]],
  ['ordonnance-martin', [TITLES[2]]],
  ['graphie', []],
  ['du', [TITLES[0], TITLES[2]]],
])('%s finds what has words that begin so', (typed, titles) => {
  expect(found(typed)).toEqual(titles)
})
