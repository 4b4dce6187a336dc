// @vitest-environment jsdom
/** Where a code that came with the address leads, and which doors stand open to whom. */
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { formatCode, newCode } from '../../src/crypto/code.ts'
import { Root } from '../../src/pages/app.tsx'
import type { Phase } from '../../src/session/session.ts'
import { doorApp, Screen } from '../fakes/screen.tsx'

const screen = new Screen()
beforeEach(() => window.history.replaceState(null, '', '/'))
afterEach(() => screen.leave())

async function arrive(phase: Phase, fragment = '', path = '/') {
  window.history.replaceState(null, '', path)
  const { app } = doorApp({}, phase, fragment)
  await act(() => render(<Root app={app} />, screen.root))
}

const heading = (title: string) => vi.waitFor(() => expect(screen.heading).toBe(title))

test('the code of a letter is filled in where it is asked for', async () => {
  const code = formatCode(newCode())
  await arrive('out', `#code=${code}&login=camille.durand`)
  await heading('Le code de votre lettre')
  expect(screen.field('Identifiant').value).toBe('camille.durand')
  expect(screen.field('Code de la lettre').value.replace(/\n/g, '-')).toBe(code)
})

test('the code of a new device leads to the log-in, not to activation', async () => {
  await arrive('out', '#pair/ABC')
  await heading('Se connecter')
  expect(screen.text).toContain('Vous avez lu le code d’un autre appareil')
})

test('without a code the first page is the first page', async () => {
  await arrive('out')
  await heading('Vos échanges avec vos soignants, sous pli fermé')
})

test('a device that is known and locked comes back with the sheet, without unlocking', async () => {
  await arrive('locked', '', '/secours')
  await heading('Revenir avec la feuille de secours')
})

test.each(['/', '/connexion', '/activation', '/nouvel-appareil', '/messages', '/compte'])('a locked device unlocks before it shows %s', async path => {
  await arrive('locked', '', path)
  await heading('Rouvrir vos messages')
})

test.each(['/messages', '/dossier', '/agenda', '/compte', '/compte/nouvel-appareil'])('who is not logged in does not see %s', async path => {
  await arrive('out', '', path)
  await heading('Se connecter')
})
