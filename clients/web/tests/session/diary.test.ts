/** Appointments of one's own: letters to oneself, changed without ever being lost. */
import { beforeEach, expect, test } from 'vitest'
import { Diary, isNoted } from '../../src/session/diary.ts'
import { agenda } from '../../src/session/entries.ts'
import type { Draft } from '../../src/session/outgoing.ts'
import type { Owner } from '../../src/session/shelf.ts'
import type { Transport } from '../../src/session/transport.ts'
import { Refusal } from '../../src/wire/errors.ts'
import { FakeClock } from '../fakes/clock.ts'
import { ANNE, arrived, letter } from '../fakes/letters.ts'

const NOTED = { summary: 'Dentiste', location: '', description: '', start: { date: '2024-03-20' }, end: null }
let heard: string[]
let sent: Draft[]
let refused: Refusal | undefined
let diary: Diary

beforeEach(() => {
  ;[heard, sent, refused] = [[], [], undefined]
  const owner = {
    account: ANNE,
    ownName: () => 'Anne',
    send: (draft: Draft) => (refused === undefined ? Promise.resolve(void (heard.push('send'), sent.push(draft))) : Promise.reject(refused)),
    look: () => Promise.resolve(void heard.push('look')),
  } as unknown as Owner
  const call = (): Promise<object> => Promise.resolve({ newState: '2', notDestroyed: heard.push('destroy') < 0 ? {} : null })
  diary = new Diary({ call } as unknown as Transport, new FakeClock(), owner)
})

const entryOf = (draft: Draft) =>
  agenda([arrived({ box: 'out', letter: letter({ ...draft, recipients: [{ account: ANNE, statement: 's' }], sender: { ...letter().sender, account: ANNE } }) })])[0]!

test('what is noted goes to oneself alone, and is in the agenda', async () => {
  await diary.add(NOTED)
  expect(sent[0]?.to).toMatchObject({ account: ANNE, mail: null })
  const entry = entryOf(sent[0]!)
  expect([entry.state, entry.invitation.summary, isNoted(entry)]).toEqual(['accepted', 'Dentiste', true])
  expect(entry.invitation.organizer.address).toMatch(/@pli\.invalid$/)
})

test('a change is sent before what it changes goes', async () => {
  await diary.add(NOTED)
  const entry = entryOf(sent[0]!)
  heard = []
  await diary.change(entry, { ...NOTED, summary: 'Dentiste, contrôle' })
  expect(heard).toEqual(['send', 'destroy', 'look'])
  expect(sent[1]?.parts[0]).toMatchObject({ uid: entry.invitation.uid, sequence: 1 })
})

test('a change that could not be sent leaves what was there', async () => {
  await diary.add(NOTED)
  heard = []
  refused = new Refusal('unreachable')
  await expect(diary.change(entryOf(sent[0]!), NOTED)).rejects.toBe(refused)
  expect(heard).toEqual([])
})
