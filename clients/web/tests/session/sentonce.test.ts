/** A letter whose answer was lost: the relay has it, and whatever the person does next makes no second one of it. */
import { beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { fromBytes, type Letter } from '../../src/content/letter.ts'
import { unb64u } from '../../src/crypto/encoding.ts'
import { openSealed } from '../../src/crypto/envelope.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { FakeDevice } from '../fakes/device.ts'
import { ANNE, id } from '../fakes/letters.ts'
import { boxOf, newPeople, Page, sealedLetter, type People } from '../fakes/person.ts'
import { FakeRelay } from '../fakes/relay.ts'

const T = id('T')
let people: People
let relay: FakeRelay
let device: FakeDevice
let page: Page

beforeAll(ready)
beforeEach(async () => {
  people = newPeople()
  relay = new FakeRelay(boxOf(people))
  relay.enrol(people.ownKey, people.doctorsKey)
  device = new FakeDevice()
  relay.letters.push(sealedLetter(people))
  page = await opened()
})

async function opened(): Promise<Page> {
  const next = new Page(relay, device)
  await next.open()
  return next
}

/** The relay takes the letter, and the line drops before it says so; from then on nothing is answered until `mockRestore`. */
function answersGetLost(): { readonly mockRestore: () => void } {
  const real = relay.fetch
  let isDown = false
  return vi.spyOn(relay, 'fetch').mockImplementation(async (path, init) => {
    if (isDown) throw new TypeError('network')
    const answer = await real(path, init)
    isDown = typeof init.body === 'string' && init.body.includes('SealedMessage/set')
    if (isDown) throw new TypeError('network')
    return answer
  })
}

const draft = () => page.session.drafts.of(T)
const outbox = () => page.session.outbox.letters.value.map(({ state }) => state.kind)

function send(): void {
  page.session.submit(page.session.thread(T)!.letters[0]!, 'Le Dr a écrit :')
  page.stay(10_000)
}

/** Typed and sent, and the answer to it lost. `below`: what is typed in its place meanwhile. */
async function sentUnanswered(below = ''): Promise<void> {
  page.session.drafts.write(T, { text: 'Bonjour Docteur' })
  page.stay(2000)
  const lost = answersGetLost()
  send()
  await vi.waitFor(() => expect(outbox()).toEqual(['failed']))
  page.session.drafts.write(T, { text: below })
  page.stay(2000)
  lost.mockRestore()
}

/** The tab is closed as tabs are: nothing of it is told to anybody. A new one opens. */
async function reopened(): Promise<void> {
  page = await opened()
}

const letters = (): Letter[] =>
  relay.taken.map(({ sealed }) => fromBytes(openSealed(unb64u(sealed), [people.doctor.sealing]).plaintext))

/** What the relay took stands in "sent". */
function isInSent(): void {
  const [{ message, text, counter, sender, recipients } = {} as Letter] = letters()
  const own = sealedLetter(people, { message, text, counter, sender, recipients }, { id: `m${'z'.repeat(26)}`, box: 'out', from: ANNE })
  relay.letters.push(own)
}

test('sent again by the same page, it is the same letter, and it is said to be sent', async () => {
  await sentUnanswered()
  await page.look()
  await vi.waitFor(() => expect(outbox()).toEqual(['sent']))
  expect(letters().map(({ text }) => text)).toEqual(['Bonjour Docteur'])
})

test('after its tab closed it is a draft, and sent from there it is the same letter', async () => {
  await sentUnanswered()
  await reopened()
  expect(draft().text).toBe('Bonjour Docteur')
  send()
  await vi.waitFor(() => expect(outbox()).toEqual(['sent']))
  expect([letters().length, draft().text]).toEqual([1, ''])
})

test('taken back into its form and sent from there it is the same letter', async () => {
  await sentUnanswered()
  page.session.undo(page.session.outbox.letters.value[0]!.draft.message)
  expect(draft().text).toBe('Bonjour Docteur')
  send()
  await vi.waitFor(() => expect(outbox()).toEqual(['sent']))
  expect(letters().length).toBe(1)
})

test('found in "sent", it takes its draft away', async () => {
  await sentUnanswered()
  isInSent()
  await reopened()
  expect(page.session.thread(T)!.letters.length).toBe(2)
  expect([page.session.drafts.all.value.size, page.session.leftBefore(T)]).toEqual([0, undefined])
  page.stay(60_000)
  await page.close()
  await reopened()
  expect(draft().text).toBe('')
})

test('found in "sent" by the page that sent it, it waits for nothing any more', async () => {
  await sentUnanswered()
  isInSent()
  await page.look()
  await vi.waitFor(() => expect(outbox()).toEqual(['sent']))
  expect(letters().length).toBe(1)
})

test('edited after that, it is another letter, and it is said that the first one left', async () => {
  await sentUnanswered()
  await reopened()
  page.session.drafts.write(T, { text: 'Bonjour Docteur, encore une chose' })
  isInSent()
  await page.look()
  expect(draft().text).toBe('Bonjour Docteur, encore une chose')
  expect(page.session.leftBefore(T)?.letter.text).toBe('Bonjour Docteur')
  send()
  await vi.waitFor(() => expect(outbox()).toEqual(['sent']))
  expect(letters().map(({ text }) => text)).toEqual(['Bonjour Docteur', 'Bonjour Docteur, encore une chose'])
  expect(page.session.leftBefore(T)).toBeUndefined()
})

test('edited without anything in "sent", nothing is said, and what was edited is what leaves', async () => {
  await sentUnanswered()
  await reopened()
  page.session.drafts.write(T, { text: 'Autre chose' })
  expect(page.session.leftBefore(T)).toBeUndefined()
  send()
  await vi.waitFor(() => expect(outbox()).toEqual(['sent']))
  expect(letters().map(({ text }) => text)).toEqual(['Bonjour Docteur', 'Autre chose'])
})

test('what is typed below a letter on its way is a letter of its own once that one left', async () => {
  await sentUnanswered('Et encore')
  isInSent()
  await reopened()
  expect(draft().text).toBe('Bonjour Docteur\n\n———\n\nEt encore')
  expect(page.session.leftBefore(T)?.letter.text).toBe('Bonjour Docteur')
})
