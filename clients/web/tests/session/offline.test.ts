/** What this browser keeps: letters to read without the relay, drafts that nobody took, and nothing that it could read by itself. */
import { beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { ready } from '../../src/crypto/sodium.ts'
import { Refusal } from '../../src/wire/errors.ts'
import { FakeDevice } from '../fakes/device.ts'
import { id, MARTIN } from '../fakes/letters.ts'
import { boxOf, newPeople, Page, sealedLetter, type People } from '../fakes/person.ts'
import { FakeRelay } from '../fakes/relay.ts'

let people: People
let relay: FakeRelay
let device: FakeDevice
let page: Page

beforeAll(ready)
beforeEach(() => {
  people = newPeople()
  relay = new FakeRelay(boxOf(people))
  relay.enrol(people.ownKey, people.doctorsKey)
  device = new FakeDevice()
  page = new Page(relay, device)
  relay.letters.push(sealedLetter(people, { text: 'La glycémie est bonne.' }))
})

const isAway = () => vi.spyOn(relay, 'fetch').mockRejectedValue(new TypeError('network'))
const texts = (): string[] => page.session.threads.value.flatMap(({ letters }) => letters.map(({ letter }) => letter.text))

/** The page is used, and goes. */
async function used(): Promise<void> {
  await page.open()
  page.stay(5000)
  await vi.waitFor(() => expect([...device.sealed.keys()].some(name => name.endsWith(' letters'))).toBe(true))
  await page.close()
  page = new Page(relay, device)
}

test('letters that were opened are there at once, and are not fetched again', async () => {
  await used()
  relay.methods.length = 0
  await page.open()
  expect(texts()).toEqual(['La glycémie est bonne.'])
  expect(relay.methods.filter(name => name === 'SealedMessage/query' || name === 'SealedMessage/get')).toEqual([])
})

test('without the relay they are read, and it is said that it is away', async () => {
  await used()
  isAway()
  await page.open()
  expect(texts()).toEqual(['La glycémie est bonne.'])
  expect([page.session.phase.value, page.session.loaded.value]).toEqual(['in', true])
  await vi.waitFor(() => expect(page.session.reachable.value).toBe(false))
})

test('a mailbox without a letter is there without the relay too', async () => {
  relay.letters.length = 0
  await used()
  isAway()
  await page.open()
  expect([page.session.phase.value, page.session.loaded.value, texts()]).toEqual(['in', true, []])
})

test('what came and what went meanwhile is caught up with', async () => {
  await used()
  const second = sealedLetter(people, { message: id('C'), text: 'Un second.' }, { id: `m${'c'.repeat(26)}` })
  relay.letters.splice(0, 1, second)
  await page.open()
  expect(texts()).toEqual(['Un second.'])
})

test('a page that never opened anything here does not open without the relay', async () => {
  isAway()
  await expect(page.open()).rejects.toEqual(new Refusal('unreachable'))
})

test('one that opened without the relay closes when it shows other keys for the person', async () => {
  await used()
  const away = isAway()
  await page.open()
  away.mockRestore()
  relay.directory.set(people.ownKey.account, [{ ...people.doctorsKey, account: people.ownKey.account }])
  await page.look()
  await vi.waitFor(() => expect(page.session.phase.value).toBe('locked'))
})

test('nothing that is kept can be read without the keys', async () => {
  await used()
  const all = [...device.sealed].map(([name, bytes]) => name + new TextDecoder('latin1').decode(bytes)).join('')
  for (const word of ['glyc', 'MARTIN', 'cabinet', 'sultats', MARTIN]) expect(all).not.toContain(word)
})

test('a piece that was changed or lost costs nothing but the fetching', async () => {
  await used()
  const piece = [...device.sealed.keys()].find(name => name.includes(' letters '))!
  device.sealed.set(piece, device.sealed.get(piece)!.map((byte, at) => (at === 40 ? byte ^ 1 : byte)))
  await page.open()
  expect(texts()).toEqual(['La glycémie est bonne.'])
  expect(device.sealed.has(piece)).toBe(false)
})

test('a full disk keeps nothing, and nothing is missed', async () => {
  device.isFull = true
  await page.open()
  page.stay(5000)
  await page.close()
  page = new Page(relay, device)
  await page.open()
  expect(texts()).toEqual(['La glycémie est bonne.'])
})

test('what was typed when the log-in ended is in its form after the next one', async () => {
  await page.open()
  page.session.drafts.write(id('T'), { text: 'Bonjour Docteur' })
  await page.session.stop(true)
  page = new Page(relay, device)
  await page.open()
  expect(page.session.drafts.of(id('T')).text).toBe('Bonjour Docteur')
})

test('what was typed while the relay was away is in its form after a reload, still without it', async () => {
  await used()
  isAway()
  await page.open()
  page.session.drafts.write(id('T'), { text: 'Bonjour Docteur' })
  page.stay(1000)
  await page.session.suspend()
  page = new Page(relay, device)
  await page.open()
  expect(page.session.drafts.of(id('T')).text).toBe('Bonjour Docteur')
})
