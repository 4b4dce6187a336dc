// @vitest-environment jsdom
/** Refusing an account with its letter: in front of a real sealing worker and a relay that is honest. */
import { signal } from '@preact/signals'
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { formatCode } from '../../src/crypto/code.ts'
import { ready } from '../../src/crypto/sodium.ts'
import type { App } from '../../src/pages/context.ts'
import { Oppose } from '../../src/pages/oppose.tsx'
import { learn } from '../../src/words/words.ts'
import { Browser } from '../fakes/browser.ts'
import { House } from '../fakes/house.ts'
import { ANNE } from '../fakes/letters.ts'
import { Screen } from '../fakes/screen.tsx'

vi.hoisted(() => {
  globalThis.Uint8Array = Object.getPrototypeOf(Buffer) as Uint8ArrayConstructor
})

const NOW = new Date('2024-03-12T09:00:00Z')
const NAME = 'anne.durand'
const screen = new Screen()
let house: House
let anne: Browser
let code: string
const saved: string[] = []

beforeAll(async () => {
  await ready()
  await learn('life')
})
beforeEach(() => {
  house = new House()
  code = formatCode(house.enrol(ANNE, NAME, NOW).code)
  anne = new Browser(house)
})
afterEach(() => screen.leave())

async function open(): Promise<void> {
  const app = {
    session: anne.session,
    login: anne.login,
    screen: {
      origin: 'https://pli.example',
      print: () => undefined,
      save: (bytes: Uint8Array) => void saved.push(new TextDecoder().decode(bytes)),
    },
    preferences: { language: signal('fr'), textSize: signal('normal') },
    fragment: '',
  }
  await screen.show(app as unknown as App, <Oppose />)
}

async function withCode(): Promise<void> {
  await open()
  await screen.type('Identifiant', NAME)
  await screen.type('Code de la lettre', code)
  await screen.press('Continuer')
}
const heading = (title: string) => vi.waitFor(() => expect(screen.heading).toBe(title), { timeout: 20_000 })
async function refuse(): Promise<void> {
  await heading('Ce qui va se passer si vous refusez')
  await screen.press('Refuser ce compte')
  await screen.press('Oui, je refuse ce compte')
}

test('nothing is refused before it was said what that means, and asked once more', async () => {
  await withCode()
  await heading('Ce qui va se passer si vous refusez')
  await screen.press('Refuser ce compte')
  await screen.press('Non, le garder')
  expect(house.people.has(ANNE)).toBe(true)
  expect(house.opposed.size).toBe(0)
})

test('a refusal leaves a receipt, which can be kept', async () => {
  await withCode()
  await refuse()
  await heading('Votre refus est enregistré')
  const receipt = house.opposed.get(NAME)!
  expect(receipt).toMatch(/^o[a-z2-7]{26}$/)
  expect(screen.root.querySelector('.receipt-number')?.textContent.replaceAll(' ', '')).toBe(receipt)
  await screen.press('Enregistrer le reçu')
  expect(saved.at(-1)).toContain(receipt)
  expect(house.people.has(ANNE)).toBe(false)
})

test('an answer that was lost is asked for again, with the same receipt, also in another browser; the first one keeps nothing', async () => {
  house.spoil = (path, answer) => {
    if (path === '/auth/oppose') throw new TypeError('the line is dead')
    return answer
  }
  await withCode()
  await refuse()
  await vi.waitFor(() => expect(screen.alert).not.toBe(''))
  const receipt = house.opposed.get(NAME)
  house.spoil = (_, answer) => answer
  await screen.leave()
  const kept = JSON.stringify([[...anne.device.texts], [...anne.device.sealed.keys()]])
  for (const word of [NAME, receipt!, 'oppos']) expect(kept).not.toContain(word)
  anne = new Browser(house)
  await withCode()
  await heading('Votre refus est enregistré')
  expect(screen.root.querySelector('.receipt-number')?.textContent.replaceAll(' ', '')).toBe(receipt)
})

test('who comes too late is told what they can do instead', async () => {
  house.before = path => (path === '/auth/oppose' ? Promise.reject(house.problem('tooLate', 403)) : Promise.resolve())
  await withCode()
  await refuse()
  await vi.waitFor(() => expect(screen.alert).toBe('Le délai pour refuser est passé'))
  expect(house.people.has(ANNE)).toBe(true)
})

test('a wrong code refuses nothing', async () => {
  await open()
  await screen.type('Identifiant', NAME)
  await screen.type('Code de la lettre', formatCode(new House().enrol(ANNE, NAME, NOW).code))
  await screen.press('Continuer')
  await vi.waitFor(() => expect(screen.alert).not.toBe(''), { timeout: 20_000 })
  expect(house.opposed.size).toBe(0)
})
