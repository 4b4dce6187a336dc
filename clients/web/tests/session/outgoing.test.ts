import { expect, test } from 'vitest'
import { fromBytes, toBytes } from '../../src/content/letter.ts'
import { answering, answerSubject, knownPeople, writingTo } from '../../src/session/aim.ts'
import { buildLetter, recipientsOf } from '../../src/session/outgoing.ts'
import { ANNE, arrived, hash, id, KEY, letter, MARTIN } from '../fakes/letters.ts'

const mail = {
  from: 'dr.martin@cabinet.mssante.example',
  to: 'anne@patient.pli.example',
  messageId: '<1@cabinet>',
  inReplyTo: null,
  references: ['<0@cabinet>'],
}
const answers = arrived({ letter: letter({ mail }) })
const draft = { message: id('N'), to: answering(answers), subject: answerSubject('Vos résultats'), text: 'Merci.', parts: [] }
const author = { account: ANNE, key: KEY, name: 'Anne' }
const key = (statement: string): Parameters<typeof buildLetter>[2] extends ReadonlyMap<string, infer K> ? K : never => ({
  id: KEY,
  signingKey: hash('v'),
  sealingKey: new Uint8Array(1216),
  statement,
  createdAt: '2024-01-01T00:00:00Z',
  announced: '2024-01-01T00:00:00Z',
  box: 1,
  suspected: false,
})
const CHECKPOINT = { root: hash('r'), signature: `${'g'.repeat(85)}A`, size: 7 }
const keys = new Map([
  [ANNE, key(hash('s'))],
  [MARTIN, key(hash('t'))],
])
const build = (thread = [answers]): ReturnType<typeof buildLetter> =>
  buildLetter(draft, author, keys, thread, new Date('2024-03-12T11:00:00.9Z'), CHECKPOINT)

test('an answer goes to who wrote, and to oneself', () => {
  expect(recipientsOf(draft, ANNE)).toEqual([ANNE, MARTIN])
})

test('what is built can be read again', () => {
  expect(fromBytes(toBytes(build()))).toEqual(build())
})

test('the first own letter of a thread counts one and follows none', () => {
  expect([build().counter, build().previous]).toEqual([1, null])
})

test('the next one follows the last, whatever order they are in', () => {
  const own = (message: string, counter: number, sum: string): typeof answers =>
    arrived({ box: 'out', letter: letter({ message, counter, sender: { ...letter().sender, account: ANNE } }), hash: sum })
  const built = build([own(id('Y'), 2, hash('y')), answers, own(id('X'), 1, hash('x'))])
  expect([built.counter, built.previous]).toEqual([3, hash('y')])
})

test('ordinary mail finds its thread again', () => {
  expect(build().mail).toEqual({
    from: mail.to,
    to: mail.from,
    messageId: null,
    inReplyTo: '<1@cabinet>',
    references: ['<0@cabinet>', '<1@cabinet>'],
  })
})

test('a subject is answered once', () => {
  expect(answerSubject('Résultats')).toBe('Re: Résultats')
  expect(answerSubject('RE : Résultats')).toBe('RE : Résultats')
})

test('a letter says how far its writer saw the log of keys', () => {
  expect(fromBytes(toBytes(build())).checkpoint).toEqual(CHECKPOINT)
})

test('whoever wrote is known by the newest of their letters, and nobody by one’s own', () => {
  const renamed = arrived({ letter: letter({ mail, sender: { ...letter().sender, name: 'Dr C. Martin' } }) })
  const own = arrived({ box: 'out', letter: letter({ sender: { ...letter().sender, account: ANNE } }) })
  const [known, ...others] = knownPeople([answers, renamed, own])
  expect(known).toEqual({ account: MARTIN, name: 'Dr C. Martin', address: mail.from, own: mail.to, byMail: true })
  expect(others).toEqual([])
})

test('a first letter begins an exchange of its own, and answers nothing', () => {
  const [known] = knownPeople([answers])
  const first = buildLetter({ ...draft, to: writingTo(known!) }, author, keys, [], new Date(0), null)
  expect(first.thread).not.toBe(answers.letter.thread)
  expect([first.inReplyTo, first.counter, first.previous]).toEqual([null, 1, null])
  expect(first.mail).toEqual({ from: mail.to, inReplyTo: null, messageId: null, references: [], to: mail.from })
  expect(fromBytes(toBytes(first))).toEqual(first)
})
