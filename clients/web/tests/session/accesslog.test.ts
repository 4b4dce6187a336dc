/** Who did what: shown only when every row follows what this person's devices have seen. */
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { ready } from '../../src/crypto/sodium.ts'
import { BrokenLog } from '../../src/session/accesslog.ts'
import { Browser } from '../fakes/browser.ts'
import { House } from '../fakes/house.ts'
import { ANNE } from '../fakes/letters.ts'

const NOW = new Date('2024-03-12T09:00:00Z')
const PASSWORD = 'tilleul parfum juin 1948'
let house: House
let anne: Browser

beforeAll(ready)
beforeEach(async () => {
  house = new House()
  anne = new Browser(house)
  await anne.activate('anne.durand', house.enrol(ANNE, 'anne.durand', NOW).code, PASSWORD)
  house.acts.add('2024-03-12T09:00:00Z', 'enrol', { actor: 'station', by: `a${'s'.repeat(26)}` })
  house.acts.add('2024-03-12T09:01:00.000042Z', 'activate')
  house.acts.add('2024-03-12T09:02:00.500000Z', 'login', { outcome: 'wrongCode', actor: 'anyone' })
})

const log = () => anne.session.accessLog
const seqs = async () => (await log().newest()).map(({ seq }) => seq)
const broken = (seq: number) => expect(log().newest()).rejects.toEqual(new BrokenLog(seq))
const change = (seq: number, how: object): void => {
  house.acts.rows = house.acts.rows.map(row => (row.seq === seq ? { ...row, ...how } : row))
}

test('the newest stand first', async () => {
  expect(await seqs()).toEqual([3, 2, 1])
})

test('an empty log is one', async () => {
  house.acts.rows = []
  expect(await seqs()).toEqual([])
})

test.each([
  ['who', { actor: 'operator' }],
  ['for whom', { by: `a${'x'.repeat(26)}` }],
  ['what', { action: 'send' }],
  ['when', { at: '2024-03-12T09:01:00.000043Z' }],
  ['how it ended', { outcome: 'refused' }],
  ['its hash', { hash: 'ab'.repeat(32) }],
  ['what no hash can be', { hash: 'zz' }],
  ['the one before', { previous: 'ab'.repeat(32) }],
])('a row in which %s was changed is noticed', async (_, how) => {
  change(2, how)
  await broken(2)
})

test('a row that was taken out is noticed', async () => {
  house.acts.rows = house.acts.rows.filter(({ seq }) => seq !== 2)
  house.acts.get = ids => ({ state: '3', list: house.acts.rows.filter(({ id }) => ids.includes(id)) })
  await broken(2)
})

test('a log that was written anew from its first row on is noticed on a device that saw the old one', async () => {
  await log().newest()
  const rows = house.acts.rows
  house.acts.rows = []
  for (const { at, action } of rows) house.acts.add(at, action)
  await broken(3)
})

test('a log whose end was cut off is noticed, also on another device of the same person', async () => {
  await log().newest()
  house.acts.rows = house.acts.rows.slice(0, 2)
  await broken(3)
  const phone = new Browser(house)
  await phone.enter('anne.durand', PASSWORD)
  await expect(phone.session.accessLog.newest()).rejects.toEqual(new BrokenLog(3))
})

test('a long log comes in pieces, each joined to the one before', async () => {
  for (let second = 0; second < 250; second++) house.acts.add(new Date(NOW.getTime() + second * 1000).toISOString().replace('.000', ''), 'send')
  const first = await log().newest()
  const older = await log().before(first.at(-1)!)
  expect([first.length, first[0]?.seq, older[0]?.seq]).toEqual([100, 253, 153])
  expect((await log().before(older.at(-1)!)).at(-1)?.seq).toBe(1)
  change(100, { action: 'login' })
  await expect(log().before(older[20]!)).rejects.toBeInstanceOf(BrokenLog)
})

test('everything since the last look is looked at, however much it is', async () => {
  await log().newest()
  for (let second = 0; second < 700; second++) house.acts.add('2024-03-13T09:00:00Z', 'send')
  expect((await log().newest()).at(-1)?.seq).toBe(3)
  change(400, { action: 'login' })
  await expect(log().newest()).resolves.toHaveLength(100)
})
