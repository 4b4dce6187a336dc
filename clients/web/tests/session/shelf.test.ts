/** The record as a person arranges it: what goes out, and what stays out of sight. */
import { beforeEach, expect, test } from 'vitest'
import type { Json } from '../../src/crypto/encoding.ts'
import { filed, type FiledDocument } from '../../src/session/entries.ts'
import type { Draft } from '../../src/session/outgoing.ts'
import { isOwn, nameOf, Shelf, type Owner } from '../../src/session/shelf.ts'
import type { States } from '../../src/session/states.ts'
import type { Transport } from '../../src/session/transport.ts'
import { Refusal } from '../../src/wire/errors.ts'
import { ANNE, arrived, id, letter, MARTIN, recordDocument } from '../fakes/letters.ts'

/** One state, as two devices share it. */
class OneState {
  value: Json | undefined
  refused: Refusal | undefined
  load = (): Promise<Json | undefined> => Promise.resolve(this.value)
  save = (_: string, merge: (there: Json | undefined) => Json): Promise<void> => {
    if (this.refused !== undefined) return Promise.reject(this.refused)
    this.value = merge(this.value)
    return Promise.resolve()
  }
}

let state: OneState
let sent: Draft[]
let calls: unknown[]
let answer: object
let shelf: Shelf

const device = (): Shelf => {
  const owner: Owner = {
    account: ANNE,
    states: state as unknown as States,
    ownName: () => 'Anne DURAND',
    send: draft => Promise.resolve(void sent.push(draft)),
    look: () => Promise.resolve(void calls.push('look')),
  }
  const call = (name: string, given: object): Promise<object> => Promise.resolve(calls.push([name, given])).then(() => answer)
  return new Shelf({ call } as unknown as Transport, owner)
}
beforeEach(() => {
  ;[state, sent, calls, answer] = [new OneState(), [], [], { newState: '2' }]
  shelf = device()
})

const one = (parts = [recordDocument()]): FiledDocument => filed([arrived({ letter: letter({ parts }) })])[0]!
const known = { account: MARTIN, name: 'Dr Martin', address: 'dr@cabinet.example', own: 'anne@patient.example', byMail: true }

test('a document that is added goes to nobody but oneself', async () => {
  const { file } = recordDocument()
  await shelf.add({ title: 'Vaccins', code: { code: '11369-6', label: 'Vaccination', system: 's' }, date: '2024-03-01', file })
  const [draft] = sent
  expect(draft?.to).toMatchObject({ account: ANNE, mail: null, inReplyTo: null })
  expect(draft?.parts).toMatchObject([{ kind: 'record.document', title: 'Vaccins', date: '2024-03-01', format: 'pdf', author: { name: 'Anne DURAND' } }])
})

test('a document is sent on with its own reference, in an exchange of its own', async () => {
  const filing = one()
  await shelf.share(filing, known, 'CR', 'Bonjour')
  expect(sent[0]?.parts[0]).toBe(filing.document)
  expect(sent[0]?.to.account).toBe(MARTIN)
  expect(sent[0]?.to.thread).not.toBe(filing.from.letter.thread)
})

test('what one device hides, the other hides too, and shows again', async () => {
  const filing = one()
  await shelf.hide(filing)
  const phone = device()
  await phone.load()
  expect([...phone.hidden.value]).toEqual([nameOf(filing)])
  await phone.show(filing)
  await shelf.load()
  expect(shelf.hidden.value.size).toBe(0)
})

test('two devices that hide at once hide both', async () => {
  const [first, other] = [one(), filed([arrived({ letter: letter({ message: id('Z'), parts: [recordDocument({ id: 'two' })] }) })])[0]!]
  const phone = device()
  await shelf.hide(first)
  await phone.hide(other)
  expect(state.value).toEqual([nameOf(first), nameOf(other)])
})

test('a refusal leaves it as it was', async () => {
  state.refused = new Refusal('unreachable')
  await expect(shelf.hide(one())).rejects.toBe(state.refused)
  expect(shelf.hidden.value.size).toBe(0)
})

test('a spoilt state hides nothing', async () => {
  state.value = { 'not a list': 1 }
  await shelf.load()
  expect(shelf.hidden.value.size).toBe(0)
})

test('a document of one’s own is destroyed; one that cannot be is said', async () => {
  const mine = filed([arrived({ box: 'out', letter: letter({ recipients: [{ account: ANNE, statement: 's' }], parts: [recordDocument()] }) })])[0]!
  expect(isOwn(mine)).toBe(true)
  await shelf.remove(mine)
  expect(calls).toEqual([['SealedMessage/set', { accountId: ANNE, destroy: [mine.from.id] }], 'look'])
  answer = { newState: '2', notDestroyed: { [mine.from.id]: { type: 'notFound' } } }
  await expect(shelf.remove(mine)).rejects.toBeInstanceOf(Refusal)
})
