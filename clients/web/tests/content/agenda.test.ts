import { expect, test } from 'vitest'
import { fold, instant, reply, type Said } from '../../src/content/agenda.ts'
import { toIcs } from '../../src/content/ics.ts'
import { ANNE, invitation, MARTIN } from '../fakes/letters.ts'

const theirs = (...changes: Parameters<typeof invitation>): Said => ({
  invitation: invitation(...changes),
  account: MARTIN,
  own: false,
  recipients: [ANNE, MARTIN],
})
const anne = { address: 'anne@patient.pli.example', name: 'Anne' }
const answer = (partstat: 'ACCEPTED' | 'DECLINED', minute: number, sequence = 0): Said => ({
  invitation: reply(invitation({ sequence }), anne, partstat, new Date(Date.UTC(2024, 2, 12, 10, minute))),
  account: ANNE,
  own: true,
  recipients: [ANNE, MARTIN],
})
const states = (...said: readonly Said[]): readonly string[] => fold(said).map(({ state }) => state)

test('what nobody answered is pending', () => {
  expect(states(theirs())).toEqual(['pending'])
})

test('the last of two answers counts, whichever came first', () => {
  expect(states(theirs(), answer('ACCEPTED', 1), answer('DECLINED', 2))).toEqual(['declined'])
  expect(states(answer('DECLINED', 2), answer('ACCEPTED', 1), theirs())).toEqual(['declined'])
})

test('a changed appointment asks again', () => {
  expect(states(theirs(), answer('ACCEPTED', 1), theirs({ sequence: 1 }))).toEqual(['pending'])
  expect(states(theirs({ sequence: 1 }), answer('ACCEPTED', 1, 1))).toEqual(['accepted'])
})

test('a cancelled appointment stays cancelled, answered or not', () => {
  expect(states(theirs(), theirs({ method: 'CANCEL', sequence: 1 }), answer('ACCEPTED', 5))).toEqual(['cancelled'])
})

test('an answer that somebody else wrote changes nothing', () => {
  const foreign = { ...answer('DECLINED', 3), account: MARTIN, own: false }
  expect(states(theirs(), foreign)).toEqual(['pending'])
})

const ROUX = `a${'q'.repeat(26)}`
const roux = (one: Said): Said => ({ ...one, account: ROUX, recipients: [ANNE, ROUX] })

test('somebody else’s invitation of the same uid moves and cancels nothing', () => {
  const cancel = roux(theirs({ method: 'CANCEL', sequence: 9 }))
  expect(states(theirs(), cancel).toSorted()).toEqual(['cancelled', 'pending'])
  const moved = fold([theirs(), roux(theirs({ sequence: 9, location: 'Ailleurs' }))])
  expect(moved.map(({ invitation: { location } }) => location).toSorted()).toEqual(['Ailleurs', 'Cabinet'])
})

test('an answer settles what its reader asked, and nothing of the same uid that another asked', () => {
  const both = fold([theirs(), roux(theirs({ location: 'Ailleurs' })), answer('ACCEPTED', 1)])
  const found = both.map(({ invitation: { location }, state }) => [location, state])
  expect(Object.fromEntries(found)).toEqual({ Cabinet: 'accepted', Ailleurs: 'pending' })
})

test('an answer alone is no appointment', () => {
  expect(states(answer('ACCEPTED', 1))).toEqual([])
})

test('a reply carries exactly the one who answers', () => {
  const said = reply(invitation(), anne, 'ACCEPTED', new Date('2024-03-12T10:00:00.5Z'))
  expect(said.method).toBe('REPLY')
  expect(said.attendees).toEqual([{ ...anne, partstat: 'ACCEPTED' }])
  expect(said.stamp).toBe('2024-03-12T10:00:00Z')
})

test('a time in Paris is the right instant in winter, in summer and around the change', () => {
  const paris = (at: string): string => new Date(instant({ at, zone: 'Europe/Paris' })).toISOString()
  expect(paris('2024-01-15T10:00:00')).toBe('2024-01-15T09:00:00.000Z')
  expect(paris('2024-07-15T10:00:00')).toBe('2024-07-15T08:00:00.000Z')
  expect(paris('2024-03-31T04:00:00')).toBe('2024-03-31T02:00:00.000Z')
  expect(paris('2024-10-27T04:00:00')).toBe('2024-10-27T03:00:00.000Z')
})

test('a calendar file has CRLF, folded lines and no way out of a property', () => {
  const file = toIcs(invitation({ summary: 'Très long '.repeat(20), description: 'a\r\nATTENDEE:evil;x,y' }))
  expect(file.split('\r\n').every(line => new TextEncoder().encode(line).length <= 75)).toBe(true)
  expect(file).not.toMatch(/^ATTENDEE/m)
  expect(file.replace(/\r\n /g, '')).toContain('DESCRIPTION:a\\nATTENDEE:evil\\;x\\,y\r\n')
  expect(file).toContain('DTSTART:20240320T090000Z\r\n')
})
