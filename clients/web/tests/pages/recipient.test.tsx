// @vitest-environment jsdom
/** To whom: by keyboard, by name, town and profession; and why somebody may not be written to. */
import { signal } from '@preact/signals'
import { act } from 'preact/test-utils'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { App } from '../../src/pages/context.ts'
import { Recipient } from '../../src/pages/recipient.tsx'
import type { Known } from '../../src/session/aim.ts'
import type { Listed } from '../../src/session/register.ts'
import { Refusal } from '../../src/wire/errors.ts'
import type { Contact } from '../../src/wire/types.ts'
import { learn } from '../../src/words/words.ts'
import { Screen } from '../fakes/screen.tsx'

const known = (account: string, name: string): Known => ({ account, name, address: `${account}@cabinet.example`, own: '', byMail: true })
const listed = (id: string, name: string, city: string): Listed => ({ id, kind: 'professional', name, profession: 'Médecin', specialty: null, organisation: null, city })
const PEOPLE = [known('martin', 'Dr Claire MARTIN'), known('roux', 'Dr Paul ROUX')]

let screen: Screen
Element.prototype.scrollIntoView = () => undefined // jsdom has no places
let find: (typed: string) => Promise<readonly Listed[]>
let contacts: Map<string, Contact>
let chosen: (string | null)[]

beforeEach(async () => {
  await learn('inside')
  screen = new Screen()
  find = () => Promise.resolve([listed('martin', 'Claire MARTIN', 'Lyon'), listed('leroy', 'Dr Anne LEROY', 'Lyon')])
  ;[contacts, chosen] = [new Map<string, Contact>(), []]
  const app = { session: { register: { find: (typed: string) => (typed === '' ? Promise.resolve([]) : find(typed)) }, contacts: signal(contacts) } } as unknown as App
  await screen.show(app, <Recipient people={PEOPLE} chosen={undefined} wrong={undefined} onChoose={account => chosen.push(account)} />)
})
afterEach(() => screen.leave())

const field = (): HTMLInputElement => screen.root.querySelector<HTMLInputElement>('[role="combobox"]')!
const lines = (): string[] => [...screen.root.querySelectorAll('[role="option"] b')].map(one => one.textContent)
const meant = (): string | undefined => document.getElementById(field().getAttribute('aria-activedescendant') ?? '')?.querySelector('b')?.textContent

async function press(key: string): Promise<boolean> {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })
  await act(() => void field().dispatchEvent(event))
  await screen.settle()
  return event.defaultPrevented
}

async function type(text: string): Promise<void> {
  await act(() => {
    field().value = text
    field().dispatchEvent(new Event('input', { bubbles: true }))
  })
  await act(() => new Promise<void>(resolve => setTimeout(resolve, 300))) // the typing rests
  await screen.settle()
}

test('those who may be written to stand there before anything is typed', () => {
  expect(lines()).toEqual(['Dr Claire MARTIN', 'Dr Paul ROUX'])
  expect([field().getAttribute('aria-expanded'), meant()]).toEqual(['true', undefined])
})

test('arrows walk the list and around it, Enter takes who is meant', async () => {
  await press('ArrowDown')
  await press('ArrowDown')
  expect(meant()).toBe('Dr Paul ROUX')
  await press('ArrowDown')
  expect(meant()).toBe('Dr Claire MARTIN')
  expect(await press('Enter')).toBe(true)
  expect(chosen).toEqual(['martin'])
})

test('Enter without a line that is meant chooses nobody', async () => {
  expect(await press('Enter')).toBe(false)
  expect(chosen).toEqual([])
})

test('a town finds who is known and who is not, each once', async () => {
  await type('Lyon')
  expect(lines()).toEqual(['Dr Claire MARTIN', 'Dr Anne LEROY'])
  expect(screen.text).toContain('Doit vous écrire en premier')
})

test.each([
  [undefined, 'c’est le soignant qui écrit en premier'],
  [{ mayWrite: false, blocked: false }, 'a mis fin à votre échange'],
  [{ mayWrite: true, blocked: true }, 'Vous avez bloqué'],
])('who may not be written to is not chosen, and it is said why: %j', async (contact, why) => {
  if (contact !== undefined) contacts.set('leroy', contact as Contact)
  await type('Leroy')
  await press('ArrowUp')
  await press('Enter')
  expect(chosen).toEqual([])
  expect(screen.text).toContain('Vous ne pouvez pas encore écrire à Dr Anne LEROY')
  expect(screen.text).toContain(why)
})

test('a directory that does not answer takes nobody away', async () => {
  find = () => Promise.reject(new Refusal('unreachable'))
  await type('Roux')
  expect(lines()).toEqual(['Dr Paul ROUX'])
  expect(screen.text).toContain('ne répond pas')
})

test('Escape empties the field, and a second one is left to the page', async () => {
  await type('Lyon')
  expect(await press('Escape')).toBe(true)
  expect(field().value).toBe('')
  expect(await press('Escape')).toBe(false)
})

test('nobody found says where else to turn', async () => {
  find = () => Promise.resolve([])
  await type('zzz')
  expect([lines(), screen.root.querySelector('[role="listbox"]')!.hasAttribute('hidden')]).toEqual([[], true])
  expect(screen.text).toContain('téléphonez au cabinet')
})
