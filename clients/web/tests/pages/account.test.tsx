// @vitest-environment jsdom
/** The pages of the account, in front of a real session, a real sealing worker and a relay that is honest. */
import { signal } from '@preact/signals'
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { formatCode, newCode } from '../../src/crypto/code.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { Root } from '../../src/pages/app.tsx'
import type { App } from '../../src/pages/context.ts'
import * as places from '../../src/pages/places.ts'
import { Browser } from '../fakes/browser.ts'
import { House } from '../fakes/house.ts'
import { ANNE, MARTIN } from '../fakes/letters.ts'
import { Screen } from '../fakes/screen.tsx'

// The document brings a Uint8Array of its own, which is not the one that Node's TextEncoder gives bytes of.
vi.hoisted(() => {
  globalThis.Uint8Array = Object.getPrototypeOf(Buffer) as Uint8ArrayConstructor
})
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const NOW = new Date('2024-03-12T09:00:00Z')
const PASSWORD = 'tilleul parfum juin 1948'
const CHILD = `a${'e'.repeat(26)}`
const screen = new Screen()
let house: House
let anne: Browser

beforeAll(async () => {
  await ready()
  // jsdom draws no top layer: what is modal is only open.
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true
  }
  HTMLDialogElement.prototype.close = function () {
    this.open = false
  }
})
beforeEach(async () => {
  house = new House()
  anne = new Browser(house)
  await anne.activate('anne.durand', house.enrol(ANNE, 'anne.durand', NOW).code, PASSWORD)
})
afterEach(async () => {
  await screen.leave()
  await anne.session.stop(false)
})

async function open(path: string): Promise<void> {
  window.history.replaceState(null, '', path)
  const app = {
    session: anne.session,
    login: anne.login,
    screen: {
      origin: 'https://pli.example',
      print: () => undefined,
      copy: () => Promise.resolve(true),
      pushing: { state: () => Promise.resolve('impossible') },
      camera: { reads: () => Promise.resolve(false), watch: () => Promise.reject(new Error('no camera')) },
    },
    preferences: { language: signal('fr'), textSize: signal('normal') },
    fragment: '',
    forgetFragment: () => undefined,
    newer: signal(undefined),
  }
  await act(() => render(<Root app={app as unknown as App} />, screen.root))
}
const go = async (path: string): Promise<void> => {
  await screen.leave()
  await open(path)
}
/** As French is set: a space that does not break before its double punctuation. */
const set = (text: string): string => text.replace(/ (?=[:;!?])/g, '\u00a0')
const press = (words: string): Promise<void> => screen.press(set(words))
const says = (text: string) => vi.waitFor(() => expect(screen.text).toContain(set(text)), { timeout: 20_000 })
const heading = (title: string) => vi.waitFor(() => expect(screen.heading).toBe(set(title)), { timeout: 20_000 })
const dialog = (): HTMLDialogElement | null => screen.root.querySelector('dialog')
const asked = (path: string): number => house.asked.filter(one => one.path === path).length
const unconfirm = (): void => {
  for (const device of house.devices.values()) device.confirmed = false
}

/** In the dialog, whose field has the same label as the page's. */
async function confirmWith(password: string): Promise<void> {
  await vi.waitFor(() => expect(dialog()).not.toBeNull(), { timeout: 20_000 })
  const field = dialog()!.querySelector('input')!
  await act(() => {
    field.value = password
    field.dispatchEvent(new Event('input', { bubbles: true }))
  })
  await act(() => dialog()!.querySelector('form')!.requestSubmit())
}

async function typeGroups(change = (group: string) => group): Promise<void> {
  await vi.waitFor(() => expect(screen.root.querySelectorAll('.group').length).toBe(9), { timeout: 20_000 })
  const groups = [...screen.root.querySelectorAll('.group')].map(one => one.textContent)
  await press('Je l’ai imprimée ou recopiée')
  const labels = [...screen.root.querySelectorAll('label')].map(one => one.textContent).filter(text => text.startsWith('Groupe '))
  for (const label of labels) await screen.type(label, change(groups[Number(label.slice(7)) - 1]!))
  await press('Continuer')
}

async function newPassword(password: string): Promise<void> {
  await screen.type('Nouveau mot de passe', password)
  await screen.type('Le même mot de passe, encore une fois', password)
  await press('Continuer')
}

async function secondDevice(): Promise<Browser> {
  const browser = new Browser(house)
  await browser.enter('anne.durand', PASSWORD)
  return browser
}

test('every line of the account leads to a page', async () => {
  await open(places.ACCOUNT)
  await heading('Compte')
  const addresses = [...screen.root.querySelectorAll<HTMLAnchorElement>('.rows-row')].map(one => one.pathname)
  expect(addresses.length).toBeGreaterThan(11)
  for (const address of addresses) {
    await go(address)
    await vi.waitFor(() => expect(['', 'Il n’y a rien à cette adresse']).not.toContain(screen.heading))
  }
})

test('a device is signed out after a second press, not after the first, and not after a no', async () => {
  await secondDevice()
  await open(places.DEVICES)
  await says('Appareil sans nom')
  await press('Déconnecter')
  await press('Non, ne rien changer')
  expect(house.devices.size).toBe(2)
  await press('Déconnecter')
  await press('Oui, déconnecter')
  await vi.waitFor(() => expect(house.devices.size).toBe(1))
  expect(anne.session.phase.value).toBe('in')
})

test('a device is called what the person calls it', async () => {
  await open(places.DEVICES)
  await says('Vous êtes ici')
  await press('Donner un nom')
  await screen.type('Nom de l’appareil', 'Ordinateur du bureau')
  await press('Enregistrer')
  await says('Ordinateur du bureau')
  expect((await anne.session.devices.list())[0]?.name).toBe('Ordinateur du bureau')
})

test('a pairing code with a slip is refused before the relay hears of it', async () => {
  await open(places.PAIR)
  await heading('Ajouter un appareil')
  await screen.type('Code du nouvel appareil', 'AAA-BBB-CCC-DDD-EEE-FFF-GGG-HHH-JJJ')
  await press('Continuer')
  await vi.waitFor(() => expect(screen.alert).toBe('Ce code n’est pas juste'))
  expect(asked('/auth/pairing/find')).toBe(0)
})

test('a code that nobody shows is said to be over', async () => {
  await open(places.PAIR)
  await heading('Ajouter un appareil')
  await screen.type('Code du nouvel appareil', formatCode(newCode()))
  await press('Continuer')
  await vi.waitFor(() => expect(screen.alert).toBe('Ce code ne vaut plus'))
})

async function compare(): Promise<Browser> {
  const fresh = new Browser(house)
  await fresh.login.pairing.begin(false)
  const { state } = fresh.login.pairing
  await open(places.PAIR)
  await heading('Ajouter un appareil')
  await screen.type('Code du nouvel appareil', state.value.kind === 'showing' ? state.value.code : '')
  await press('Continuer')
  await heading('Les chiffres sont-ils les mêmes ?')
  return fresh
}

test('a new device gets the keys after the digits and the password', async () => {
  const fresh = await compare()
  unconfirm()
  const digits = screen.root.querySelector('.digits span')?.textContent
  expect(screen.text).toMatch(/sur ce réseau\s: 192\.0\.2\.7/)
  expect(screen.text).toContain('à l’adresse https://pli.example,')
  fresh.clock.pass(3000)
  await vi.waitFor(() => expect(fresh.login.pairing.state.value.kind).toBe('comparing'))
  fresh.login.pairing.confirm()
  await press('Oui, les mêmes : l’ajouter')
  await confirmWith('un autre mot de passe')
  await vi.waitFor(() => expect(screen.alert).toBe('Ce n’est pas le bon mot de passe'), { timeout: 20_000 })
  expect([...house.pairings.values()][0]?.grant).toBeNull()
  await confirmWith(PASSWORD)
  await heading('L’appareil est ajouté')
  fresh.clock.pass(3000)
  await vi.waitFor(() => expect(fresh.session.phase.value).toBe('in'), { timeout: 20_000 })
  expect(digits).toMatch(/^\d{3} \d{3}$/)
})

test('digits that differ give the new device nothing', async () => {
  await compare()
  await press('Non, ne pas l’ajouter')
  await heading('L’appareil n’a pas été ajouté')
  expect(asked('/auth/pairing/grant')).toBe(0)
  expect(house.pairings.size).toBe(0)
})

test('whoever leaves while comparing has not said yes', async () => {
  await compare()
  await screen.leave()
  await vi.waitFor(() => expect(house.pairings.size).toBe(0))
  expect(asked('/auth/pairing/grant')).toBe(0)
})

test('whoever does not confirm keeps the old password', async () => {
  await open(places.PASSWORD)
  await heading('Choisissez un mot de passe')
  await newPassword(`${PASSWORD} bis`)
  unconfirm()
  await press('Changer mon mot de passe')
  await vi.waitFor(() => expect(dialog()).not.toBeNull(), { timeout: 20_000 })
  await press('Annuler')
  await heading('Et vos autres appareils ?')
  expect(screen.alert).toBe('')
  await expect(secondDevice()).resolves.toBeDefined()
})

test('a passkey is made under its name, and asks for one', async () => {
  await open(places.PASSKEYS)
  await says('Vous n’avez pas encore de clé d’accès.')
  await press('Créer la clé d’accès')
  expect(screen.wrong).toEqual(['Donnez-lui un nom, pour la reconnaître plus tard.'])
  await screen.type('Nom de la clé d’accès', 'Mon téléphone')
  await press('Créer la clé d’accès')
  await vi.waitFor(() => expect(house.person(ANNE).passkeys).toHaveLength(1), { timeout: 20_000 })
  await says('Mon téléphone')
})

test('the sheet of before is good until two groups of the new one are right', async () => {
  const before = house.person(ANNE).logins.get('recovery')
  await open(places.RECOVERY_KIT)
  await heading('Feuille de secours')
  await press('Faire une nouvelle feuille')
  await typeGroups(() => 'ZZZ')
  expect(house.person(ANNE).logins.get('recovery')).toBe(before)
  await press('Revoir la feuille')
  await typeGroups()
  await heading('Votre nouvelle feuille est valable')
  expect(house.person(ANNE).logins.get('recovery')).not.toEqual(before)
})

test('after a suspicion all is new, the others are out, and the page says so although it was drawn anew', async () => {
  await secondDevice()
  const { keyId } = anne.session.unlocked.value!
  await open(places.SUSPICION)
  await heading('Quelqu’un d’autre a peut-être mes clés')
  await press('Commencer : 2 étapes')
  await newPassword(`${PASSWORD} bis`)
  await typeGroups()
  await heading('Vos clés sont changées')
  expect(anne.session.unlocked.value!.keyId).not.toBe(keyId)
  expect(house.devices.size).toBe(1)
})

async function adopt(): Promise<void> {
  const { code } = house.enrol(CHILD, 'lea.durand', NOW)
  await open(places.CHILD)
  await heading('J’ai reçu une lettre pour un enfant')
  await screen.type('Prénom de l’enfant', 'Léa')
  await screen.type('Identifiant imprimé sur la lettre', 'lea.durand')
  await screen.type('Code de la lettre', formatCode(code))
  await press('Continuer')
  await typeGroups()
  await heading('Vous pouvez ouvrir sa boîte')
}

test('a child’s mailbox is opened beside one’s own, under a band that says whose it is', async () => {
  await adopt()
  await press('Changer de boîte')
  await press('Ouvrir la boîte de Léa')
  await says('Vous êtes dans la boîte de Léa.')
  await heading('Messages')
  expect([anne.session.account, anne.session.acting.value]).toEqual([CHILD, true])
  await press('Revenir à ma boîte')
  await vi.waitFor(() => expect(anne.session.account).toBe(ANNE), { timeout: 20_000 })
  await says('Changer de boîte')
  expect(screen.text).not.toContain('Vous êtes dans la boîte de Léa.')
})

test.each([places.DEVICES, places.PAIR, places.PASSWORD, places.PASSKEYS, places.AUTHENTICATOR, places.SUSPICION, places.CHILD])(
  '%s is not shown in somebody else’s mailbox',
  async place => {
    await adopt()
    await act(() => anne.session.carers.open(CHILD))
    await go(place)
    await says('Cette page ne concerne que votre propre boîte.')
    expect(screen.root.querySelectorAll('main input, main textarea')).toHaveLength(0)
  },
)

test('a mailbox that does not open leaves one in one’s own, and says why', async () => {
  await adopt()
  house.delegations.clear()
  await press('Changer de boîte')
  await press('Ouvrir la boîte de Léa')
  await vi.waitFor(() => expect(screen.alert).not.toBe(''), { timeout: 20_000 })
  expect(anne.session.account).toBe(ANNE)
})

async function findCarer(number: string): Promise<void> {
  await open(places.CARER_ADD)
  await heading('Ajouter une personne')
  await screen.type('Nom de cette personne', 'Bob')
  await screen.type('Son numéro de compte', number)
  await press('Continuer')
}

test('an account number with a sign too few is not looked for', async () => {
  const before = house.asked.length
  await findCarer(MARTIN.slice(1))
  expect(screen.wrong[0]).toContain('Ce numéro n’est pas complet')
  const since = house.asked.slice(before).map(({ body }) => JSON.stringify(body))
  expect(since.filter(body => body.includes(MARTIN.slice(1)))).toEqual([])
})

test('nobody is added before the fingerprint was compared, and ending needs the present password', async () => {
  await new Browser(house).activate('bob', house.enrol(MARTIN, 'bob', NOW).code, PASSWORD)
  await findCarer(MARTIN.toUpperCase().replace(/....(?!$)/g, '$& '))
  await heading('Est-ce bien Bob ?')
  expect(house.delegations.size).toBe(0)
  await press('C’est la même : ajouter cette personne')
  await heading('La personne est ajoutée')
  expect([...house.delegations.values()]).toMatchObject([{ account: ANNE, delegate: MARTIN }])

  await go(places.carerEnd(MARTIN))
  await heading('Retirer l’accès de Bob')
  await screen.type('Mot de passe', 'un autre mot de passe')
  await press('Continuer')
  await vi.waitFor(() => expect(screen.alert).toBe('Ce n’est pas le bon mot de passe'), { timeout: 20_000 })
  await screen.type('Mot de passe', PASSWORD)
  await press('Continuer')
  await typeGroups()
  await heading('L’accès est retiré')
  expect(house.delegations.size).toBe(0)
  expect(screen.text).toContain('Bob n’ouvre plus cette boîte.')
})

test('the log of who did what says it in words, and marks what was refused', async () => {
  house.acts.add('2024-03-12T09:00:00Z', 'activate')
  house.acts.add('2024-03-12T09:05:00Z', 'login', { actor: 'anyone', outcome: 'wrongCode' })
  house.acts.add('2024-03-12T09:05:30Z', 'login', { actor: 'anyone' })
  house.acts.add('2024-03-12T09:06:00Z', 'something new')
  await open(places.JOURNAL)
  await says('Nous avons vérifié, sur votre appareil')
  expect([...screen.root.querySelectorAll('.journal-act b')].map(one => one.textContent)).toEqual([
    'Autre acte (something new)',
    'Connexion',
    'Connexion',
    'Compte ouvert avec la lettre',
  ])
  expect(screen.root.querySelectorAll('.mark-care').length).toBe(1)
  expect([...screen.root.querySelectorAll('.journal-act .rows-text')].slice(1, 3).map(one => one.textContent)).toEqual([
    'Quelqu’un qui avait ce qu’il faut pour entrer',
    'Quelqu’un qui n’était pas connecté',
  ])
})

test('a log that was changed is not shown', async () => {
  house.acts.add('2024-03-12T09:00:00Z', 'activate')
  house.acts.rows = house.acts.rows.map(row => ({ ...row, actor: 'operator' }))
  await open(places.JOURNAL)
  await vi.waitFor(() => expect(screen.alert).toBe('Ce journal a été modifié'))
  expect(screen.root.querySelector('.journal-act')).toBeNull()
})

test('the account is closed after a question and a password, and the page says until when it is kept', async () => {
  unconfirm()
  await open(places.CLOSE_ACCOUNT)
  await heading('Fermer mon compte')
  await press('Fermer le compte')
  await press('Non, le garder')
  expect(asked('/auth/close')).toBe(0)
  await press('Fermer le compte')
  await press('Oui, fermer le compte')
  await confirmWith(PASSWORD)
  await heading('Le compte est fermé')
  await says('12 mars 2034')
  expect(house.closed).toEqual([ANNE])
  expect(anne.session.phase.value).toBe('out')
})

test('an account that holds another which nobody else could open stays, and the page says why', async () => {
  house.before = path => (path === '/auth/close' ? Promise.reject(house.problem('forbidden', 403)) : Promise.resolve())
  await open(places.CLOSE_ACCOUNT)
  await heading('Fermer mon compte')
  await press('Fermer le compte')
  await press('Oui, fermer le compte')
  await vi.waitFor(() => expect(screen.alert).toBe('Vous ouvrez la boîte de quelqu’un d’autre'), { timeout: 20_000 })
  expect(anne.session.phase.value).toBe('in')
})

test('help and the accessibility statement are open to everybody', async () => {
  await anne.login.leave()
  await open(places.HELP)
  await heading('Aide')
  expect(screen.root.querySelectorAll('details').length).toBe(12)
  await go(places.ACCESSIBILITY)
  await heading('Déclaration d’accessibilité')
})
