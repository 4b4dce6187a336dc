import ICAL from 'ical.js'
import { expect, test } from 'vitest'
import { counter, fold, instant, reply, type Appointment, type Said } from '../../src/content/agenda.ts'
import { toIcs } from '../../src/content/ics.ts'
import { occurrences } from '../../src/content/occurrences.ts'
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
const one = (...changes: Parameters<typeof invitation>): Appointment => ({
  invitation: invitation(...changes),
  state: 'accepted',
  movedFrom: undefined,
  proposed: undefined,
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
  const file = toIcs([one({ summary: 'Très long '.repeat(20), description: 'a\r\nATTENDEE:evil;x,y' })])
  expect(file.split('\r\n').every(line => new TextEncoder().encode(line).length <= 75)).toBe(true)
  expect(file).not.toMatch(/^ATTENDEE/m)
  expect(file.replace(/\r\n /g, '')).toContain('DESCRIPTION:a\\nATTENDEE:evil\\;x\\,y\r\n')
  expect(file).toContain('DTSTART:20240320T090000Z\r\n')
})

const noted = (...changes: Parameters<typeof invitation>): Said => ({ ...theirs(...changes), account: ANNE, own: true, recipients: [ANNE] })

test('what one wrote to oneself alone is an appointment, and waits for nobody', () => {
  expect(states(noted())).toEqual(['accepted'])
  expect(fold([noted(), noted({ sequence: 1, location: 'Ailleurs' })]).map(({ invitation: { location } }) => location)).toEqual(['Ailleurs'])
})

test('an own request that went to somebody else is no appointment', () => {
  expect(states({ ...noted(), recipients: [ANNE, MARTIN] })).toEqual([])
})

test('an appointment that was moved says when it was', () => {
  const [moved] = fold([theirs(), theirs({ sequence: 1, start: { at: '2024-03-21T10:00:00', zone: 'Europe/Paris' } })])
  expect(moved?.movedFrom).toEqual(invitation().start)
  expect(fold([theirs(), theirs({ sequence: 1, location: 'Ailleurs' })])[0]?.movedFrom).toBeUndefined()
})

const proposal = (minute: number, sequence = 0): Said => ({
  ...answer('ACCEPTED', minute, sequence),
  invitation: counter(invitation({ sequence }), anne, { date: '2024-03-22' }, null, new Date(Date.UTC(2024, 2, 12, 11, minute))),
})

test('a proposal is shown until somebody answers it, and takes back an answer before it', () => {
  const [waiting] = fold([theirs(), answer('ACCEPTED', 1), proposal(2)])
  expect([waiting?.state, waiting?.proposed?.start]).toEqual(['pending', { date: '2024-03-22' }])
  expect(fold([theirs(), proposal(2), theirs({ sequence: 1 })])[0]?.proposed).toBeUndefined()
})

/** What ical.js makes of our files. */
function parsed(...appointments: readonly Appointment[]): readonly ICAL.Event[] {
  const calendar = new ICAL.Component(ICAL.parse(toIcs(appointments, 60)) as unknown[])
  for (const zone of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone)
  return calendar.getAllSubcomponents('vevent').map(event => new ICAL.Event(event))
}

test.each(['Europe/Paris', 'Indian/Reunion', 'America/Cayenne'])('a repeated appointment keeps its hour in %s', zone => {
  const weekly = one({ recurrence: 'FREQ=WEEKLY', start: { at: '2024-03-25T10:00:00', zone }, end: { at: '2024-03-25T10:30:00', zone } })
  const [event] = parsed(weekly)
  const iterator = event!.iterator()
  const theirTimes = [0, 1, 2].map(() => iterator.next().toUnixTime() * 1000)
  expect(occurrences(weekly.invitation, 0, Date.UTC(2024, 3, 12))).toEqual(theirTimes)
})

test('a file of everything has each appointment once, with its reminder, and none for what is cancelled', () => {
  const events = parsed(one(), { ...one({ uid: 'two' }), state: 'cancelled' })
  expect(events.map(({ uid }) => uid)).toEqual(['one@cabinet', 'two'])
  expect(events.map(event => event.component.getAllSubcomponents('valarm').length)).toEqual([1, 0])
  expect(events[1]?.component.getFirstPropertyValue('status')).toBe('CANCELLED')
})

test('an appointment of whole days comes back on each of them', () => {
  const daily = invitation({ start: { date: '2024-03-20' }, end: null, recurrence: 'FREQ=DAILY;COUNT=3' })
  expect(occurrences(daily, 0, Number.MAX_SAFE_INTEGER).map(at => new Date(at).getDate())).toEqual([20, 21, 22])
})

test.each([
  ['no rule', 'nonsense'],
  ['a rule of every second', 'FREQ=SECONDLY'],
])('%s counts as the first time alone', (_, recurrence) => {
  expect(occurrences(invitation({ recurrence }), 0, Date.UTC(2030, 0, 1))).toHaveLength(1)
})

test('a rule without end is shown as far as a look goes, and no further', () => {
  expect(occurrences(invitation({ recurrence: 'FREQ=DAILY' }), 0, Number.MAX_SAFE_INTEGER)).toHaveLength(62)
})
