/** What is found, and what is not. */
import { expect, test } from 'vitest'
import { fold, wordsOf } from '../../src/search/fold.ts'
import { SearchIndex } from '../../src/search/searchindex.ts'
import { documentOf, Search } from '../../src/session/search.ts'
import { FakeSearcher } from '../fakes/searcher.ts'
import { arrived, id, invitation, letter, recordDocument } from '../fakes/letters.ts'

const index = (...texts: string[]): SearchIndex => {
  const made = new SearchIndex()
  made.put(texts.map((text, at) => [String(at), text]))
  return made
}

test('accents, capitals and ligatures make no difference', () => {
  expect(fold('L’Œdème, à ÉVRY : n°12')).toBe(' l oedeme a evry no12'.replace('no12', 'n 12'))
  expect(index('Œdème du genou').find('oedeme')).toEqual(['0'])
  expect(index('un oedeme').find('ŒDÈME')).toEqual(['0'])
})

test.each([
  ['the beginning of a word', 'vacc', true],
  ['every word, in any order', 'rappel tétanos', true],
  ['the middle of a word', 'ccin', false],
  ['one word that is nowhere', 'rappel grippe', false],
  ['nothing but signs', '!? …', false],
  ['nothing', '', false],
  ['a sign of a pattern', '.*', false],
])('%s', (_, query, isFound) => {
  expect(index('Votre rappel de vaccin diphtérie-tétanos-polio').find(query).length > 0).toBe(isFound)
})

test('what was taken out is not found', () => {
  const made = index('un', 'un')
  made.remove(['0'])
  expect(made.find('un')).toEqual(['1'])
})

test('a question is cut into words once each', () => {
  expect(wordsOf(' Un  un, DEUX ')).toEqual([' un', ' deux'])
})

test('a letter is found by its names, its documents and its appointment', () => {
  const [, text] = documentOf(arrived({ letter: letter({ parts: [recordDocument({ title: 'Glycémie' }), invitation({ location: 'Tilleuls' })] }) }))
  for (const word of ['MARTIN', 'Glycémie', 'Tilleuls', 'biologie', 'Consultation', 'résultats']) expect(text).toContain(word)
})

test('letters that came since are found, those that went are not, and nothing stays after the end', async () => {
  const started: FakeSearcher[] = []
  const search = new Search(() => {
    const one = new FakeSearcher()
    started.push(one)
    return one
  })
  const [first, second] = [arrived({ id: 'm1' }), arrived({ id: 'm2', letter: letter({ message: id('C'), text: 'Le vaccin' }) })]
  expect([...(await search.find('vaccin', [first]))]).toEqual([])
  expect([...(await search.find('vaccin', [first, second]))]).toEqual(['m2'])
  expect([...(await search.find('vaccin', [first]))]).toEqual([])
  const asked = search.find('vaccin', [second])
  search.close()
  expect([(await asked).size, started[0]?.ended]).toEqual([0, true])
  expect([...(await search.find('vaccin', [second]))]).toEqual(['m2'])
})
