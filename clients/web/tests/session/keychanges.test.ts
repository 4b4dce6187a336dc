/** Where a conversation says that somebody replaced their keys. */
import { expect, test } from 'vitest'
import { keyChanges } from '../../src/session/keychanges.ts'
import type { KnownKey } from '../../src/session/line.ts'
import { ANNE, arrived, hash, KEY, letter, MARTIN } from '../fakes/letters.ts'

const key = (announced: string, suspected = false): KnownKey => ({
  id: KEY,
  signingKey: '',
  sealingKey: new Uint8Array(),
  statement: hash('s'),
  createdAt: announced,
  announced,
  box: 1,
  suspected,
})
const first = arrived({ id: 'm1', receivedAt: '2024-03-01T09:00:00Z' })
const second = arrived({ id: 'm2', receivedAt: '2024-03-12T09:00:00Z' })
const changes = (...keys: readonly KnownKey[]): readonly (string | null)[] =>
  keyChanges([first, second], new Map([[MARTIN, keys]])).map(({ before }) => before)

test('a change stands before the first letter that came after it', () => {
  expect(changes(key('2024-01-01T00:00:00Z'), key('2024-03-03T00:00:00Z'))).toEqual(['m2'])
})

test('a change after the last letter stands at the end', () => {
  expect(changes(key('2024-01-01T00:00:00Z'), key('2024-04-01T00:00:00Z'))).toEqual([null])
})

test('first keys, and changes before anything was written, are nobody’s news', () => {
  expect(changes(key('2024-03-03T00:00:00Z'))).toEqual([])
  expect(changes(key('2024-01-01T00:00:00Z'), key('2024-02-01T00:00:00Z'))).toEqual([])
})

test('one’s own changes, and those of who never wrote here, are not told', () => {
  const own = arrived({ id: 'm3', box: 'out', letter: letter({ sender: { ...letter().sender, account: ANNE } }) })
  const lines = new Map([[ANNE, [key('2024-01-01T00:00:00Z'), key('2024-04-01T00:00:00Z')]]])
  expect(keyChanges([own, first], lines)).toEqual([])
})

test('a suspected change says so, with the name that the letters have', () => {
  const lines = new Map([[MARTIN, [key('2024-01-01T00:00:00Z'), key('2024-03-03T00:00:00Z', true)]]])
  expect(keyChanges([first, second], lines)).toMatchObject([{ suspected: true, name: 'Dr Claire MARTIN', at: '2024-03-03T00:00:00Z' }])
})
