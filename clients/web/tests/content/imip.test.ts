// The calendars that Python writes, read by ical.js (Thunderbird's own library), and the parts they are of.
import { readFileSync } from 'node:fs'
import ICAL from 'ical.js'
import { expect, test } from 'vitest'
import { agendaKind, instant, type Invitation, type Moment } from '../../src/content/agenda.ts'
import { toIcs } from '../../src/content/ics.ts'

type Case = { readonly name: string; readonly part: unknown; readonly ics: string }
const file = new URL('../../../../tests/vectors/mail/imip.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case[] }

function opened(ics: string): { readonly method: string; readonly event: ICAL.Event; readonly inside: ICAL.Component } {
  const calendar = new ICAL.Component(ICAL.parse(ics) as unknown[])
  for (const zone of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone)
  const inside = calendar.getFirstSubcomponent('vevent')
  if (inside === null) throw new Error('no event')
  return { method: String(calendar.getFirstPropertyValue('method')), event: new ICAL.Event(inside), inside }
}

const same = (time: ICAL.Time, moment: Moment): void => {
  if ('date' in moment) expect(time.toString()).toBe(moment.date)
  else expect(time.toUnixTime() * 1000).toBe(instant(moment))
}

test.each(cases)('$name: ical.js reads what the part says', ({ part, ics }) => {
  const said: Invitation = agendaKind.fromJson(part)
  expect(said).toEqual(part)
  const { method, event, inside } = opened(ics)
  expect([method, event.uid, event.sequence, event.summary]).toEqual([said.method, said.uid, said.sequence, said.summary])
  same(event.startDate, said.start)
  if (said.end !== null) same(event.endDate, said.end)
  expect(event.organizer).toBe(`mailto:${said.organizer.address}`)
  expect(event.attendees.map(each => [each.getFirstValue(), each.getFirstParameter('partstat')])).toEqual(
    said.attendees.map(({ address, partstat }) => [`mailto:${address}`, partstat]),
  )
  expect(String(inside.getFirstPropertyValue('dtstamp'))).toBe(said.stamp)
  expect(event.isRecurrenceException()).toBe(said.instance !== undefined)
  if (said.instance !== undefined) same(event.recurrenceId, said.instance)
})

test.each(cases.filter(({ ics }) => ics.includes('RRULE')))('$name: the excluded days are left out', ({ part, ics }) => {
  const said = agendaKind.fromJson(part)
  const { event } = opened(ics)
  const iterator = event.iterator()
  const starts: ICAL.Time[] = []
  for (let next = iterator.next() as ICAL.Time | null; next; next = iterator.next() as ICAL.Time | null) starts.push(next)
  const count = Number(/COUNT=(\d+)/.exec(said.recurrence ?? '')?.[1])
  expect(starts).toHaveLength(count - (said.excluded ?? []).length)
  expect(new Set(starts.map(({ hour }) => hour)).size).toBe(1) // the same hour on both sides of a clock change
})

test.each(cases)('$name: the file that the page saves is read too', ({ part }) => {
  const said = agendaKind.fromJson(part)
  const { event } = opened(toIcs([{ invitation: said, state: 'accepted' }]))
  expect([event.uid, event.sequence]).toEqual([said.uid, said.sequence])
  expect(event.isRecurring()).toBe(said.recurrence !== null)
  expect(event.isRecurrenceException()).toBe(said.instance !== undefined)
})
