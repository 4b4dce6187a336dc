/** Read, put away, labelled: across devices, and with limits that lose nothing else. */
import { expect, test } from 'vitest'
import type { Json } from '../../src/crypto/encoding.ts'
import { Filing, LABELS_LIMIT } from '../../src/session/filing.ts'
import { Saving } from '../../src/session/saving.ts'
import type { Label, States } from '../../src/session/states.ts'
import { exchanges, threads } from '../../src/session/entries.ts'
import { receipts } from '../../src/session/receipts.ts'
import { matches } from '../../src/pages/filters.ts'
import { FakeClock } from '../fakes/clock.ts'
import { ANNE, arrived, id, letter } from '../fakes/letters.ts'

/** The relay's copy, opened. */
const shared = (): { readonly held: Map<Label, Json>; readonly states: States } => {
  const held = new Map<Label, Json>()
  const states = {
    loadAll: (labels: readonly Label[]) => Promise.resolve(labels.map(label => held.get(label))),
    save: (label: Label, merge: (there: Json | undefined) => Json) => Promise.resolve(void held.set(label, merge(held.get(label)))),
  }
  return { held, states: states as unknown as States }
}

const device = async ({ states }: ReturnType<typeof shared>): Promise<{ filing: Filing; wait: () => void }> => {
  const clock = new FakeClock()
  const filing = new Filing(states, new Saving(states, clock))
  await filing.load()
  return { filing, wait: () => clock.pass(2000) }
}

const [thread] = threads(exchanges([arrived()]), () => true)

test('what was read on one device is read on the other', async () => {
  const relay = shared()
  const [one, two] = [await device(relay), await device(relay)]
  one.filing.markRead([id('B')])
  two.filing.markRead([id('C'), id('R')])
  one.wait()
  two.wait()
  const { filing } = await device(relay)
  expect([...filing.read.value].sort()).toEqual([id('B'), id('C'), id('R')].sort())
})

test('letters that an earlier version marked are read', async () => {
  const relay = shared()
  relay.held.set('read', { letters: [id('B')] })
  expect((await device(relay)).filing.read.value).toEqual(new Set([id('B')]))
})

test('an exchange that was put away comes back with a newer letter', async () => {
  const { filing } = await device(shared())
  filing.archive(thread!, true)
  expect(filing.isArchived(thread!)).toBe(true)
  const [longer] = threads(exchanges([arrived(), arrived({ id: 'm2', receivedAt: '2024-03-13T00:00:00Z' })]), () => true)
  expect(filing.isArchived(longer!)).toBe(false)
  filing.archive(thread!, false)
  expect(filing.isArchived(thread!)).toBe(false)
})

test.each([[''], ['  '], ['x'.repeat(31)]])('a label %j is none', async name => {
  const { filing } = await device(shared())
  filing.label(thread!.id, name, true)
  expect(filing.labelsOf(thread!.id)).toEqual([])
})

test('a label is written once, and not one too many', async () => {
  const { filing } = await device(shared())
  for (let at = 0; at < 12; at++) filing.label(thread!.id, ` n  ${at} `, true)
  filing.label(thread!.id, 'n 0', true)
  expect(filing.labelsOf(thread!.id)).toHaveLength(LABELS_LIMIT)
  filing.label(thread!.id, 'n 0', false)
  expect(filing.labelsOf(thread!.id)).not.toContain('n 0')
})

test('what the relay holds that is of no form we know changes nothing', async () => {
  const relay = shared()
  relay.held.set('filing 0', { archived: [1], labels: { a: 'x' }, read: [1, null, id('B')] })
  relay.held.set('filing 1', 7)
  const { filing } = await device(relay)
  expect([[...filing.read.value], [...filing.archived.value]]).toEqual([[id('B')], []])
})

test('the list shows what a filter says', async () => {
  const { filing } = await device(shared())
  expect(matches(thread!, { kind: 'unread' }, filing)).toBe(false)
  filing.archive(thread!, true)
  expect([matches(thread!, { kind: 'all' }, filing), matches(thread!, { kind: 'archived' }, filing)]).toEqual([false, true])
  filing.label(thread!.id, 'Enfants', true)
  expect([matches(thread!, { kind: 'label', name: 'Enfants' }, filing), matches(thread!, { kind: 'label', name: 'x' }, filing)]).toEqual([true, false])
})

const own = arrived({ box: 'out', letter: letter({ message: id('O'), sender: { ...letter().sender, account: ANNE } }) })
const receipt = (event: 'delivered' | 'read', account = letter().sender.account) =>
  arrived({
    id: event,
    receivedAt: '2024-03-14T00:00:00Z',
    letter: letter({
      message: id(event === 'read' ? 'X' : 'D'),
      text: '',
      sender: { ...letter().sender, account },
      parts: [{ kind: 'receipt', at: '2024-03-13T08:00:00Z', event, of: id('O') }],
    }),
  })

test('a receipt is no letter to read: it says what became of one', () => {
  const [found] = threads(exchanges([own, receipt('delivered'), receipt('read')]), ({ box }) => box === 'out')
  expect([found?.unread, found?.last.id]).toEqual([0, own.id])
  expect(receipts(found!.letters).get(id('O'))).toEqual({ event: 'read', at: '2024-03-13T08:00:00Z' })
})

test('that a letter was read is not taken back by its delivery', () => {
  expect(receipts([own, receipt('read'), receipt('delivered')]).get(id('O'))?.event).toBe('read')
})

test('somebody to whom a letter did not go cannot say that it was read', () => {
  expect(receipts([own, receipt('read', `a${'z'.repeat(26)}`)]).size).toBe(0)
})
