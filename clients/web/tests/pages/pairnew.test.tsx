// @vitest-environment jsdom
/** The new device of a pairing: what it shows in each state, and that leaving ends it. */
import { act } from 'preact/test-utils'
import { afterEach, expect, test } from 'vitest'
import { formatCode, newCode } from '../../src/crypto/code.ts'
import { CryptoError } from '../../src/crypto/errors.ts'
import { PairNew } from '../../src/pages/pairnew.tsx'
import type { PairingState } from '../../src/session/pairing.ts'
import { Refusal } from '../../src/wire/errors.ts'
import { doorApp, Screen } from '../fakes/screen.tsx'

const screen = new Screen()
afterEach(() => screen.leave())

async function at(state: PairingState) {
  const { app, heard, pairing } = doorApp()
  await screen.show(app, <PairNew />)
  await act(() => void (pairing.state.value = state))
  return heard
}

const code = formatCode(newCode())
const showing: PairingState = { kind: 'showing', code, address: `https://pli.example/#pair/${code}`, until: 1_800_000_000_000 }

test('nothing begins by itself, and the device is not trusted unless the person says so', async () => {
  const heard = await at({ kind: 'idle' })
  expect(heard).toEqual([])
  await screen.press('Afficher le code')
  expect(heard).toEqual(['begin false'])
})

test('the code is shown as a square and in nine groups', async () => {
  await at(showing)
  expect(screen.root.querySelector('svg.qr')).not.toBeNull()
  expect([...screen.root.querySelectorAll('.group')].map(one => one.textContent).join('-')).toBe(code)
})

test('the digits are read one by one, and the person says here as well that they are the same', async () => {
  const heard = await at({ kind: 'comparing', digits: '012 345', confirmed: false })
  expect(screen.root.querySelector('.digits [aria-hidden]')?.textContent).toBe('012 345')
  expect(screen.root.querySelector('.digits .unseen')?.textContent).toBe('0 1 2 3 4 5')
  expect(document.activeElement?.textContent).toBe('Comparez les six chiffres')
  await screen.press('Oui, les mêmes chiffres')
  expect(heard).toEqual(['confirm'])
})

test('whoever said so waits for the other device, and may still stop', async () => {
  await at({ kind: 'comparing', digits: '012 345', confirmed: true })
  expect([...screen.root.querySelectorAll('button')].map(one => one.textContent)).toEqual(['Arrêter'])
  expect(screen.text).toContain('Dites maintenant sur l’autre appareil')
})

test('stopping, and leaving the page, end it', async () => {
  const heard = await at(showing)
  await screen.press('Arrêter')
  expect(heard).toEqual(['cancel'])
  await screen.leave()
  expect(heard).toEqual(['cancel', 'cancel'])
})

test.each([
  [{ kind: 'expired' }, 'Ce code ne vaut plus'],
  [{ kind: 'failed', error: new CryptoError('CannotOpen', 'pairing/3') }, 'Par prudence, cet appareil reste fermé'],
  [{ kind: 'failed', error: new CryptoError('OlderBox', 'keybox/6') }, 'Par prudence, cet appareil reste fermé'],
  [{ kind: 'failed', error: new Refusal('unreachable') }, 'Pli ne répond pas'],
  [{ kind: 'failed', error: new Refusal('ticketExpired') }, 'Trop de temps a passé'],
] as const satisfies readonly (readonly [PairingState, string])[])('%o says so, and a new code can be shown', async (state, title) => {
  const heard = await at(state)
  expect(screen.alert).toBe(title)
  await screen.press('Afficher un nouveau code')
  expect(heard).toEqual(['begin false'])
})
