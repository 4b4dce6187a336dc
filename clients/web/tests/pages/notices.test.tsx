// @vitest-environment jsdom
/** The page of notices, in front of a real session and a relay that is honest. */
import { signal } from '@preact/signals'
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { NoticesPage } from '../../src/pages/account/notices.tsx'
import type { App } from '../../src/pages/context.ts'
import { Notices } from '../../src/session/notices.ts'
import type { Mailbox } from '../../src/session/mailbox.ts'
import type { Transport } from '../../src/session/transport.ts'
import { Refusal } from '../../src/wire/errors.ts'
import { learn } from '../../src/words/words.ts'
import { EMAIL_CODE, FakeNotices } from '../fakes/notices.ts'
import { Screen } from '../fakes/screen.tsx'

const screen = new Screen()
let relay: FakeNotices

beforeAll(() => learn('inside', 'account', 'notices'))
beforeEach(async () => {
  relay = new FakeNotices()
  const call = (name: string, given: object): Promise<unknown> => {
    const answer = relay.answer(name, given)
    return answer === undefined ? Promise.reject(new Refusal('wrongCode')) : Promise.resolve(answer)
  }
  const notices = new Notices({ call } as unknown as Transport, { account: 'a' } as Mailbox, () => () => undefined)
  const session = { acting: signal(false), notices }
  const app = { session, screen: { pushing: { state: () => Promise.resolve('impossible') } } }
  await screen.show(app as unknown as App, <NoticesPage />)
  await vi.waitFor(() => expect(screen.text).toContain('Aucune adresse'))
})
afterEach(() => screen.leave())

async function give(address: string): Promise<void> {
  await screen.type('Adresse de courriel', address)
  await screen.press('Recevoir un code à cette adresse')
}

test('what is no address is not sent to the relay', async () => {
  for (const slip of ['', 'anne', 'anne@mail', 'anne mail@mail.example', 'anne@mail..example']) {
    await give(slip)
    expect(screen.wrong).toEqual(['Cette adresse n’est pas complète. Il y faut un @ et un point, par exemple nom@exemple.fr.'])
  }
  expect(relay.settings.email).toBeNull()
})

test('an address is confirmed by its code alone, then chooses when', async () => {
  await give('anne@mail.example')
  await screen.type('Code reçu par courriel', '000 000')
  await screen.press('Confirmer cette adresse')
  await vi.waitFor(() => expect(screen.alert).toBe('Ce n’est pas le bon code'))
  expect(screen.text).not.toContain('Quand écrire')
  await screen.type('Code reçu par courriel', EMAIL_CODE)
  await screen.press('Confirmer cette adresse')
  await vi.waitFor(() => expect(screen.text).toContain('Adresse confirmée'))
  await screen.press('Une fois par jour, le matin à huit heures')
  await vi.waitFor(() => expect(relay.settings.emailWhen).toBe('daily'))
})

test('a trial is said to have left where one sees it', async () => {
  await give('anne@mail.example')
  await screen.type('Code reçu par courriel', EMAIL_CODE)
  await screen.press('Confirmer cette adresse')
  await vi.waitFor(() => expect(screen.text).toContain('Adresse confirmée'))
  await screen.press('M’envoyer un courriel d’essai')
  await vi.waitFor(() => expect(screen.text).toContain('Un courriel d’essai est parti'))
  expect(relay.tests).toEqual(['email'])
})

test('a server without mail says so, and what was typed stays', async () => {
  relay.sendsMail = false
  await give('anne@mail.example')
  await vi.waitFor(() => expect(screen.alert).toBe('Ce serveur n’envoie pas de courriel'))
  expect(screen.field('Adresse de courriel').value).toBe('anne@mail.example')
})

test('quiet hours that end when they begin are not saved', async () => {
  await screen.press('Garder des heures de silence')
  await screen.type('Jusqu’à', '22:00')
  await screen.press('Enregistrer ces heures')
  expect(screen.wrong).toEqual(['Le silence doit finir à une autre heure.'])
  expect(relay.settings.quiet).toBeNull()
  await screen.type('Jusqu’à', '07:30')
  await screen.press('Enregistrer ces heures')
  await vi.waitFor(() => expect(relay.settings.quiet).toMatchObject({ from: '22:00', to: '07:30' }))
})
