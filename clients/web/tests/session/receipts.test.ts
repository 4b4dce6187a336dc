import { expect, test } from 'vitest'
import type { Mail } from '../../src/content/letter.ts'
import { fromBytes, toBytes } from '../../src/content/letter.ts'
import { askedAbout, isReceipt, readReceipt } from '../../src/session/receipts.ts'
import { ANNE, arrived, id, letter, MARTIN } from '../fakes/letters.ts'

const NOW = new Date('2024-03-12T10:00:00.500Z')
const mail: Mail = { from: 'dr.martin@cabinet.mssante.example', inReplyTo: null, messageId: '<one@cabinet>', references: [], to: 'anne@patient.pli.example' }
const asking = arrived({ letter: letter({ mail: { ...mail, receiptWanted: true } }) })

const own = (parts: ReturnType<typeof readReceipt>['parts']): ReturnType<typeof arrived> =>
  arrived({ id: 'm9', box: 'out', letter: letter({ message: id('O'), sender: { ...letter().sender, account: ANNE }, parts }) })

test('a mail whose author asked is asked about until the person said so, on whatever device', () => {
  expect(askedAbout([asking])).toEqual(new Set([asking.letter.message]))
  expect(askedAbout([asking, own(readReceipt(asking, NOW).parts)])).toEqual(new Set())
})

test('what others say, and that it was delivered, answers nothing', () => {
  const delivered = { kind: 'receipt', at: '2024-03-12T10:00:00Z', event: 'delivered', of: asking.letter.message } as const
  const theirs = arrived({ id: 'm8', letter: letter({ message: id('P'), parts: readReceipt(asking, NOW).parts }) })
  expect(askedAbout([asking, own([delivered]), theirs])).toEqual(new Set([asking.letter.message]))
})

test('nobody asks with an ordinary mail, a letter that was none, or an own letter', () => {
  const plain = arrived({ letter: letter({ mail }) })
  expect(askedAbout([plain, arrived({ id: 'm7' }), { ...asking, box: 'out' }])).toEqual(new Set())
})

test('the answer is a receipt and nothing else, to the author and about the mail', () => {
  const said = readReceipt(asking, NOW)
  expect(said.parts).toEqual([{ kind: 'receipt', at: '2024-03-12T10:00:00Z', event: 'read', of: asking.letter.message }])
  expect([said.subject, said.text, said.to.account, said.to.mail?.inReplyTo]).toEqual(['', '', MARTIN, '<one@cabinet>'])
  expect(said.to.mail?.receiptWanted).toBeUndefined()
  expect(isReceipt(letter({ text: '', parts: said.parts }))).toBe(true)
})

test('a wish survives its bytes', () => {
  expect(fromBytes(toBytes(asking.letter))).toEqual(asking.letter)
})
