/** Reading a whole mailbox that changes meanwhile, and one whose relay never comes to an end. */
import { beforeEach, expect, test } from 'vitest'
import type { Reader } from '../../src/session/reader.ts'
import { Sync, type Listener } from '../../src/session/sync.ts'
import type { Transport } from '../../src/session/transport.ts'
import { Refusal } from '../../src/wire/errors.ts'
import type { SealedMessage } from '../../src/wire/types.ts'
import { FakeClock } from '../fakes/clock.ts'
import { ANNE } from '../fakes/letters.ts'
import { FakePresence } from '../fakes/presence.ts'

type Given = { readonly ids?: readonly string[]; readonly position?: number; readonly limit?: number }

let held: string[]
let queryState: number
let asked: string[]
let read: string[]
let gone: string[]
let reached: string[]
let loaded: boolean
/** Message -> when the page had looked at everything without it, each time it was read. */
let notBefore: Record<string, (string | undefined)[]>
let prepared: number[]
let answers: Record<string, (given: Given) => unknown>

const reader = {
  prepare: (messages: readonly SealedMessage[]) => Promise.resolve(void prepared.push(messages.length)),
  read: ({ id }: SealedMessage, at?: string) => {
    notBefore[id] = [...(notBefore[id] ?? []), at]
    return Promise.resolve({ kind: 'unreadable', id, receivedAt: '', reason })
  },
} as unknown as Reader

let reason: 'cannotOpen' | 'notFetched'
const transport = {
  call: (name: string, given: Given) => {
    asked.push(name)
    return Promise.resolve(answers[name]?.(given))
  },
} as unknown as Transport

const listener: Listener = {
  onEntries: entries => read.push(...entries.map(({ id }) => id)),
  onGone: ids => gone.push(...ids),
  onState: state => reached.push(state),
  onReachable: () => undefined,
  onLoaded: () => (loaded = true),
  onLook: () => Promise.resolve(),
  onRead: () => Promise.resolve(),
  onEnded: () => undefined,
  onStates: () => undefined,
}

beforeEach(() => {
  held = Array.from({ length: 120 }, (_, at) => `m${at}`)
  queryState = 1
  asked = []
  read = []
  gone = []
  reached = []
  loaded = false
  notBefore = {}
  prepared = []
  reason = 'cannotOpen'
  answers = {
    'SealedMessage/get': ({ ids = [] }) => ({ state: 's1', list: ids.map(id => ({ id })), notFound: [] }),
    'SealedMessage/query': ({ position = 0, limit = 0 }) => ({ ids: held.slice(position, position + limit), queryState: `${queryState}` }),
  }
})

const begin = (clock = new FakeClock()): Sync =>
  new Sync({ transport, reader, account: ANNE, listener, clock, presence: new FakePresence() })
const count = (name: string): number => asked.filter(one => one === name).length

test('every letter of a mailbox is read once', async () => {
  await begin().look()
  expect([read, loaded]).toEqual([held, true])
})

test('no letter is lost when one is destroyed between two pages', async () => {
  const all = [...held]
  const query = answers['SealedMessage/query']!
  answers['SealedMessage/query'] = given => {
    const page = query(given)
    if (queryState === 1) {
      held.shift()
      queryState = 2
    }
    return page
  }
  await begin().look()
  expect(read.toSorted()).toEqual(all.toSorted())
})

test('a mailbox whose order never stands still is read all the same', async () => {
  const query = answers['SealedMessage/query']!
  answers['SealedMessage/query'] = given => {
    queryState += 1
    return query(given)
  }
  await begin().look()
  expect([loaded, count('SealedMessage/query')]).toEqual([true, 16])
})

test('a relay whose pages never end is left at some point', async () => {
  const page = held.slice(0, 50)
  answers['SealedMessage/query'] = () => ({ ids: page, queryState: '1' })
  await begin().look()
  expect([read, loaded, count('SealedMessage/query')]).toEqual([page, true, 4000])
})

test('no more letters are asked for than a page has', async () => {
  answers['SealedMessage/query'] = ({ position }) => ({ ids: position === 0 ? held : [], queryState: '1' })
  await begin().look()
  expect(read).toEqual(held.slice(0, 50))
})

test('changes that never end are left at some point', async () => {
  const sync = begin()
  await sync.look()
  let state = 1
  const changes = { created: [], updated: [], destroyed: [], hasMoreChanges: true }
  answers['SealedMessage/changes'] = () => ({ ...changes, newState: `s${(state += 1)}` })
  await sync.look()
  expect(count('SealedMessage/changes')).toBe(1000)
})

test('changes that stand still are asked for once in a look', async () => {
  const sync = begin()
  await sync.look()
  answers['SealedMessage/changes'] = () => ({ created: [], updated: [], destroyed: [], hasMoreChanges: true, newState: 's1' })
  await sync.look()
  expect(count('SealedMessage/changes')).toBe(1)
})

test('whose keys a page of letters needs is asked for at once', async () => {
  await begin().look()
  expect(prepared).toEqual([50, 50, 20])
})

const NOTHING = { created: [], updated: [], destroyed: [], newState: 's2', hasMoreChanges: false }
const HOUR = 3_600_000

test('a letter that comes later was not there at the last complete look, whatever the relay calls it', async () => {
  const clock = new FakeClock()
  const sync = begin(clock)
  await sync.look()
  expect(new Set(Object.values(notBefore).flat())).toEqual(new Set([undefined]))
  clock.pass(HOUR)
  answers['SealedMessage/changes'] = () => ({ ...NOTHING, created: ['new'], updated: ['m1', 'said to be old'] })
  await sync.look()
  expect(notBefore).toMatchObject({ new: ['2024-03-12T10:00:00.000Z'], 'said to be old': ['2024-03-12T10:00:00.000Z'], m1: [undefined, undefined] })
})

test('a letter that is read again is judged by when it came first', async () => {
  const clock = new FakeClock()
  const sync = begin(clock)
  await sync.look()
  reason = 'notFetched'
  answers['SealedMessage/changes'] = () => ({ ...NOTHING, created: ['new'] })
  await sync.look()
  clock.pass(HOUR)
  answers['SealedMessage/changes'] = () => NOTHING
  await sync.look()
  await sync.look()
  expect(notBefore['new']).toEqual(['2024-03-12T10:00:00.000Z', '2024-03-12T10:00:00.000Z', '2024-03-12T10:00:00.000Z'])
})

test('a relay that lost its changes makes no letter old', async () => {
  const clock = new FakeClock()
  const sync = begin(clock)
  await sync.look()
  answers['SealedMessage/changes'] = () => {
    throw new Refusal('cannotCalculateChanges')
  }
  await sync.look()
  held.push('new')
  await sync.look()
  expect([notBefore['new'], notBefore['m1']]).toEqual([['2024-03-12T10:00:00.000Z'], [undefined]])
})

test('a look that did not come to an end is none that was complete', async () => {
  const clock = new FakeClock()
  const sync = begin(clock)
  await sync.look()
  clock.pass(HOUR)
  answers['SealedMessage/changes'] = () => ({ ...NOTHING, newState: 's1', hasMoreChanges: true })
  await sync.look()
  answers['SealedMessage/changes'] = () => ({ ...NOTHING, created: ['new'] })
  await sync.look()
  expect(notBefore['new']).toEqual(['2024-03-12T10:00:00.000Z'])
})
