import { expect, test } from 'vitest'
import { agenda, exchanges, filed, gaps, threads, type Exchange, type Thread } from '../../src/session/entries.ts'
import { plainSubject } from '../../src/session/subject.ts'
import { reply } from '../../src/content/agenda.ts'
import { ANNE, arrived, hash, id, invitation, letter, recordDocument } from '../fakes/letters.ts'

const first = arrived()
const second = arrived({
  id: `m${'c'.repeat(26)}`,
  receivedAt: '2024-03-13T09:00:00Z',
  letter: letter({ message: id('C'), counter: 2, previous: first.hash }),
  hash: hash('i'),
})

test('letters of one thread stand together, the oldest first', () => {
  const [thread, ...others] = threads(exchanges([second, first]), () => false)
  expect(others).toEqual([])
  expect(thread?.letters).toEqual([first, second])
  expect(thread?.unread).toBe(2)
})

test('an unreadable letter disturbs no thread', () => {
  const broken = { kind: 'unreadable', id: 'mx', receivedAt: '2024-03-14T00:00:00Z', reason: 'cannotOpen' } as const
  expect(threads(exchanges([broken, first]), () => true)).toHaveLength(1)
})

test('an unbroken count has no gap', () => {
  expect(gaps([first, second])).toEqual(new Set())
})

test('a missing letter is noticed at the one after it', () => {
  const third = arrived({ id: 'm3', letter: letter({ message: id('D'), counter: 3, previous: hash('?') }), hash: hash('j') })
  expect(gaps([first, third])).toEqual(new Set(['m3']))
})

test('a letter that follows another one than it names is noticed', () => {
  const other = { ...second, letter: { ...second.letter, previous: hash('x') } }
  expect(gaps([first, other])).toEqual(new Set([second.id]))
})

test('an own answer settles an appointment', () => {
  const asked = arrived({ letter: letter({ parts: [invitation()] }) })
  const part = reply(invitation(), { address: 'anne@patient.pli.example', name: 'Anne' }, 'ACCEPTED', new Date())
  const own = letter({ message: id('E'), sender: { ...letter().sender, account: ANNE }, parts: [part] })
  const entries = agenda([asked, arrived({ id: 'm9', box: 'out', letter: own })])
  expect(entries.map(({ state, from }) => [state, from.id])).toEqual([['accepted', asked.id]])
})

const ofRoux = (parts: Parameters<typeof letter>[0] & object): ReturnType<typeof arrived> =>
  arrived({ id: 'm7', letter: letter({ message: id('R'), sender: { ...letter().sender, account: `a${'q'.repeat(26)}` }, ...parts }) })

test('a document is replaced by who sent it, and by nobody else', () => {
  const first = arrived({ letter: letter({ parts: [recordDocument({ id: 'one' })] }) })
  const next = [recordDocument({ id: 'two', replaces: 'one' })]
  const marks = (later: ReturnType<typeof arrived>): readonly boolean[] =>
    filed([first, later]).filter(({ document }) => document.id === 'one').map(({ replaced }) => replaced)
  expect(marks(arrived({ id: 'm8', letter: letter({ message: id('S'), parts: next }) }))).toEqual([true])
  expect(marks(ofRoux({ parts: next }))).toEqual([false])
})

test('a document of the same id from somebody else takes no one’s place', () => {
  const mine = arrived({ letter: letter({ parts: [recordDocument({ title: 'Le vrai' })] }) })
  const theirs = ofRoux({ parts: [recordDocument({ title: 'Un autre' })] })
  expect(filed([mine, theirs]).map(({ document }) => document.title).toSorted()).toEqual(['Le vrai', 'Un autre'])
})

test('the patient of a document is not named at the end of a subject', () => {
  const shown = (subject: string, birthName = 'DURAND'): string => {
    const patient = { birthDate: '1985-07-14', birthName, firstName: 'Camille Zoé', ins: '', oid: '', sex: 'F' }
    return plainSubject(letter({ subject, parts: [recordDocument({ patient })] }))
  }
  expect(shown("CR d'examens biologiques DURAND CAMILLE 14/07/1985")).toBe("CR d'examens biologiques")
  expect(shown('XDM/1.0/DDM+CR Durand Camille Zoe 14/07/1985')).toBe('CR')
  expect(shown('CR DURAND CAMILLE 14/07/1986')).toBe('CR DURAND CAMILLE 14/07/1986')
  expect(shown('CR DURAND CAMILLE 14/07/1985 urgent')).toBe('CR DURAND CAMILLE 14/07/1985 urgent')
  expect(shown('DURAND CAMILLE 14/07/1985')).toBe('DURAND CAMILLE 14/07/1985')
})

test('a subject for machines is shown without its mark and without the reader’s identity', () => {
  expect(plainSubject(letter({ subject: 'Vos résultats' }))).toBe('Vos résultats')
  expect(plainSubject(letter({ subject: 'XDM/1.0/DDM+CR de biologie' }))).toBe('CR de biologie')
  expect(plainSubject(letter({ subject: 'XDM/1.0/DDM' }))).toBe('XDM/1.0/DDM')
})

const own = (changes: Partial<ReturnType<typeof letter>>): ReturnType<typeof arrived> =>
  arrived({ id: 'mo', box: 'out', letter: letter({ message: id('O'), thread: id('U'), sender: { ...letter().sender, account: ANNE }, ...changes }) })
const toOneself = [{ account: ANNE, statement: hash('s') }]

test('a document of one’s own is in the record, and in no conversation', () => {
  const added = own({ recipients: toOneself, parts: [recordDocument({ id: 'mine' })] })
  expect(filed([added]).map(({ document }) => document.id)).toEqual(['mine'])
  expect(threads(exchanges([added, first]), () => false).map(thread => thread.id)).toEqual([first.letter.thread])
})

test('a document that was sent on is not filed a second time, and its letter is a conversation', () => {
  const came = arrived({ letter: letter({ parts: [recordDocument({ id: 'one' })] }) })
  const sentOn = own({ parts: [recordDocument({ id: 'one' })] })
  expect(filed([came, sentOn]).map(({ from }) => from.box)).toEqual(['in'])
  expect(threads(exchanges([sentOn]), () => false)).toHaveLength(1)
})

test('what was read changes the threads of those letters, and leaves the others as they were', () => {
  const other = arrived({ id: 'm9', letter: letter({ message: 'other', thread: 'elsewhere' }) })
  const [all, known] = [exchanges([first, other]), new WeakMap<Exchange, Thread>()]
  const before = threads(all, () => false, known)
  const after = threads(all, ({ letter: { message } }) => message === 'other', known)
  const of = (list: readonly Thread[], id: string): Thread | undefined => list.find(thread => thread.id === id)
  expect(of(after, 'elsewhere')?.unread).toBe(0)
  expect(of(after, first.letter.thread)).toBe(of(before, first.letter.thread))
  expect(of(before, 'elsewhere')?.unread).toBe(1)
})
