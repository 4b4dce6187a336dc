// @vitest-environment jsdom
/** The pages before log-in: what is refused before anything is sent, what is said, and what stays. */
import { afterEach, expect, test, vi } from 'vitest'
import { formatCode, newCode } from '../../src/crypto/code.ts'
import { CryptoError } from '../../src/crypto/errors.ts'
import { Activation } from '../../src/pages/activation.tsx'
import { LoginPage } from '../../src/pages/login.tsx'
import { RecoveryPage } from '../../src/pages/recovery.tsx'
import { UnlockPage } from '../../src/pages/unlock.tsx'
import { PasskeyFailed } from '../../src/session/ports.ts'
import { Refusal } from '../../src/wire/errors.ts'
import { doorApp, Screen } from '../fakes/screen.tsx'

const screen = new Screen()
afterEach(() => screen.leave())

const [code, second] = [formatCode(newCode()), formatCode(newCode())]
const TWO = 'Ma lettre annonce un second code'
const PASSWORD = 'tilleul parfum juin'

/** One symbol differs: the check symbol tells. */
const mistyped = code.slice(0, -1) + (code.endsWith('7') ? '8' : '7')

async function letter(withLetter: unknown, more: Record<string, unknown> = {}) {
  const { app, heard } = doorApp({ withLetter, ...more })
  await screen.show(app, <Activation />)
  await screen.type('Identifiant', 'camille.durand')
  return heard
}

test('a letter without name or code is not sent', async () => {
  const withLetter = vi.fn()
  await letter(withLetter)
  await screen.type('Identifiant', '  ')
  await screen.press('Continuer')
  expect(withLetter).not.toHaveBeenCalled()
  expect(screen.wrong).toEqual(['Écrivez votre identifiant.', 'Recopiez le code de la lettre.'])
  expect(document.activeElement).toBe(screen.field('Identifiant'))
})

test('a mistyped code is not sent, and the person goes on in it', async () => {
  const withLetter = vi.fn()
  await letter(withLetter)
  await screen.type('Code de la lettre', mistyped)
  await screen.press('Continuer')
  expect(withLetter).not.toHaveBeenCalled()
  expect(document.activeElement).toBe(screen.field('Code de la lettre'))
})

test('a second code that the letter announces is not left out', async () => {
  const withLetter = vi.fn()
  await letter(withLetter)
  await screen.type('Code de la lettre', code)
  await screen.press(TWO)
  await screen.press('Continuer')
  expect(withLetter).not.toHaveBeenCalled()
  expect(screen.wrong).toEqual(['Recopiez le second code.'])
})

test('two codes go together, however they were typed', async () => {
  const withLetter = vi.fn(() => Promise.reject(new Refusal('unreachable')))
  await letter(withLetter)
  await screen.type('Code de la lettre', code.toLowerCase().replaceAll('-', ' '))
  await screen.press(TWO)
  await screen.type('Second code', second.replaceAll('-', ''))
  await screen.press('Continuer')
  expect(withLetter).toHaveBeenCalledWith('camille.durand', code, second)
})

test('a letter that does not fit says so, and what was typed stays', async () => {
  await letter(() => Promise.reject(new Refusal('wrongCredentials')))
  await screen.type('Code de la lettre', code)
  await screen.press('Continuer')
  expect(screen.alert).toBe('L’identifiant ou le code ne convient pas')
  expect(screen.field('Code de la lettre').value.replace(/\n/g, '-')).toBe(code)
})

test('a box that a right code does not open is not said to be the person’s fault', async () => {
  await letter(() => Promise.reject(new CryptoError('CannotOpen', 'keybox/2')))
  await screen.type('Code de la lettre', code)
  await screen.press('Continuer')
  expect(screen.alert).toBe('Par prudence, nous nous sommes arrêtés')
})

async function toTheProof(): Promise<string> {
  await screen.type('Code de la lettre', code)
  await screen.press('Continuer')
  await screen.press('Commencer')
  await screen.type('Nouveau mot de passe', PASSWORD)
  await screen.type('Le même mot de passe, encore une fois', PASSWORD)
  await screen.press('Continuer')
  await screen.settle()
  await screen.press('Je l’ai imprimée ou recopiée')
  for (const label of screen.root.querySelectorAll('label')) {
    const number = Number(/\d/.exec(label.textContent)?.[0])
    await screen.type(`Groupe ${number}`, second.split('-')[number - 1]!)
  }
  await screen.press('Continuer')
  return screen.root.querySelector('.kept')!.textContent
}

const ticket = { name: 'camille.durand', code, second: undefined }
const kit = () => Promise.resolve({ login: 'camille.durand', code: second })

test('too much time asks for the code once more, and keeps password, sheet and app', async () => {
  const activate = vi.fn(() => Promise.reject(new Refusal('ticketExpired')))
  await letter(() => Promise.resolve(ticket), { kit, activate })
  const secret = await toTheProof()
  await screen.type('Code à 6 chiffres', '123 456')
  await screen.press('Ouvrir mon compte')
  expect(screen.alert).toBe('Trop de temps a passé')
  await screen.press('Recommencer avec le code de la lettre')
  await screen.press('Continuer')
  expect(screen.heading).toBe('Une seconde serrure')
  expect(screen.root.querySelector('.kept')?.textContent).toBe(secret)
  await screen.type('Code à 6 chiffres', '654321')
  await screen.press('Ouvrir mon compte')
  expect(activate).toHaveBeenLastCalledWith(ticket, PASSWORD, secret.replaceAll(' ', ''), '654321')
})

test('five digits are not sent', async () => {
  const activate = vi.fn()
  await letter(() => Promise.resolve(ticket), { kit, activate })
  await toTheProof()
  await screen.type('Code à 6 chiffres', '12345')
  await screen.press('Ouvrir mon compte')
  expect(activate).not.toHaveBeenCalled()
  expect(document.activeElement).toBe(screen.field('Code à 6 chiffres'))
})

test('who leaves midway leaves no recovery code behind', async () => {
  const heard = await letter(() => Promise.resolve(ticket), { kit })
  await toTheProof()
  await screen.leave()
  expect(heard).toEqual(['abandonKit'])
})

test('a short password, and two that differ, go no further', async () => {
  await letter(() => Promise.resolve(ticket), { kit })
  await screen.type('Code de la lettre', code)
  await screen.press('Continuer')
  await screen.press('Commencer')
  await screen.type('Nouveau mot de passe', 'court')
  await screen.press('Continuer')
  expect(screen.wrong).toEqual(['Il faut au moins 12 caractères. Ajoutez un mot.'])
  await screen.type('Nouveau mot de passe', PASSWORD)
  await screen.type('Le même mot de passe, encore une fois', `${PASSWORD}.`)
  await screen.press('Continuer')
  expect(screen.wrong).toEqual(['Les deux mots de passe sont différents. Affichez-les pour comparer.'])
  expect(screen.heading).toBe('Choisissez un mot de passe')
})

test('a sheet that does not fit says so', async () => {
  const withRecovery = vi.fn(() => Promise.reject(new Refusal('wrongCredentials')))
  const { app } = doorApp({ withRecovery })
  await screen.show(app, <RecoveryPage />)
  await screen.type('Identifiant', 'camille.durand')
  await screen.type('Code de secours', mistyped)
  await screen.press('Continuer')
  expect(withRecovery).not.toHaveBeenCalled()
  await screen.type('Code de secours', code)
  await screen.press('Continuer')
  expect(screen.alert).toBe('L’identifiant ou le code de secours ne convient pas')
})

test('an older box at recovery stops, as nothing the person typed', async () => {
  const { app } = doorApp({ withRecovery: () => Promise.reject(new CryptoError('OlderBox', 'keybox/6')) })
  await screen.show(app, <RecoveryPage />)
  await screen.type('Identifiant', 'camille.durand')
  await screen.type('Code de secours', code)
  await screen.press('Continuer')
  expect(screen.alert).toBe('Par prudence, nous nous sommes arrêtés')
})

test('a log-in that took too long asks for the password alone', async () => {
  const { app } = doorApp({
    withPassword: () => Promise.resolve({ kind: 'codeNeeded', ticket: 'T' }),
    withCode: () => Promise.reject(new Refusal('ticketExpired')),
  })
  await screen.show(app, <LoginPage />)
  await screen.type('Identifiant', 'camille.durand')
  await screen.type('Mot de passe', PASSWORD)
  await screen.press('Se connecter')
  await screen.type('Code à 6 chiffres', '123456')
  await screen.press('Continuer')
  expect(screen.alert).toBe('Trop de temps a passé')
  await screen.press('Revenir au mot de passe')
  expect(screen.field('Identifiant').value).toBe('camille.durand')
  expect(screen.field('Mot de passe').value).toBe('')
})

test('a browser without passkeys offers none', async () => {
  const { app } = doorApp()
  await screen.show(app, <LoginPage />)
  await screen.settle()
  expect(screen.text).not.toContain('clé d’accès')
})

test.each([
  [new PasskeyFailed('cancelled'), 'La clé d’accès n’a pas servi'],
  [new PasskeyFailed('unsupported'), 'Cette clé d’accès ne convient pas'],
  [new Refusal('wrongCredentials'), 'Cette clé d’accès n’ouvre rien ici'],
  [new Refusal('unreachable'), 'Pli ne répond pas'],
])('a passkey that fails with %s says what to do', async (error, title) => {
  const { app } = doorApp({ hasPasskeys: () => Promise.resolve(true), withPasskey: () => Promise.reject(error) })
  await screen.show(app, <LoginPage />)
  await screen.settle()
  await screen.press('Se connecter avec une clé d’accès')
  expect(screen.alert).toBe(title)
})

test('a wrong password does not unlock, and another account’s passkey neither', async () => {
  const closed = () => Promise.reject(new CryptoError('CannotOpen', 'keybox/2'))
  const { app } = doorApp({ hasPasskeys: () => Promise.resolve(true), unlock: closed, unlockWithPasskey: closed }, 'locked')
  await screen.show(app, <UnlockPage />)
  await screen.settle()
  await screen.type('Mot de passe', 'non')
  await screen.press('Rouvrir')
  expect(screen.alert).toBe('Ce mot de passe ne convient pas')
  await screen.press('Rouvrir avec une clé d’accès')
  expect(screen.text).toContain('Cette clé d’accès est celle d’un autre compte')
})

test('who read the code of another device is told to log in first, and what if they did not ask', async () => {
  const { app } = doorApp({}, 'out', '#pair/ABC')
  await screen.show(app, <LoginPage />)
  expect(screen.text).toContain('Vous avez lu le code d’un autre appareil')
  expect(screen.text).toContain('Alors fermez cette page.')
})
