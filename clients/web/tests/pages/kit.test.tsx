// @vitest-environment jsdom
/** The recovery sheet: shown once, then two of its groups are typed again. */
import { afterEach, expect, test, vi } from 'vitest'
import { formatCode, newCode } from '../../src/crypto/code.ts'
import { RecoveryKit } from '../../src/pages/kit.tsx'
import { Refusal } from '../../src/wire/errors.ts'
import { doorApp, Screen } from '../fakes/screen.tsx'

const screen = new Screen()
afterEach(() => screen.leave())

const code = formatCode(newCode())
const make = () => Promise.resolve({ login: 'camille.durand', code })
const WRITTEN = 'Je l’ai imprimée ou recopiée'

async function shown(onKept: () => void | Promise<void> = () => undefined) {
  const { app, heard } = doorApp()
  await screen.show(app, <RecoveryKit make={make} onKept={onKept} />)
  await screen.settle()
  return heard
}

const asked = (): readonly number[] =>
  [...screen.root.querySelectorAll('label')].map(one => Number(/Groupe (\d)/.exec(one.textContent)?.[1]))

/** Type what stands in the groups that are asked for, changed by `how`. */
async function typeGroups(how: (group: string) => string): Promise<void> {
  for (const number of asked()) await screen.type(`Groupe ${number}`, how(code.split('-')[number - 1]!))
}

test('the sheet has the name, the nine groups and the address, and can be printed', async () => {
  const heard = await shown()
  expect([...screen.root.querySelectorAll('.group')].map(one => one.textContent).join('-')).toBe(code)
  expect(screen.root.querySelector('.kit')?.textContent).toMatch(/camille\.durand.*https:\/\/pli\.example/)
  await screen.press('Imprimer la feuille')
  expect(heard).toEqual(['print'])
})

test('while its groups are typed, the sheet is not on the screen', async () => {
  await shown()
  await screen.press(WRITTEN)
  expect(screen.text).not.toContain(code.slice(0, 3) + code.slice(4, 7))
  expect(screen.root.querySelector('.kit')).toBeNull()
})

test('two groups in small letters are enough', async () => {
  const kept = vi.fn()
  await shown(kept)
  await screen.press(WRITTEN)
  expect(new Set(asked()).size).toBe(2)
  await typeGroups(group => ` ${group.toLowerCase()}`)
  await screen.press('Continuer')
  expect(kept).toHaveBeenCalledOnce()
})

test('empty groups are not enough, and the first of them is where the person goes on', async () => {
  const kept = vi.fn()
  await shown(kept)
  await screen.press(WRITTEN)
  await screen.press('Continuer')
  expect(kept).not.toHaveBeenCalled()
  expect(screen.wrong).toHaveLength(2)
  expect(document.activeElement).toBe(screen.field(`Groupe ${asked()[0]}`))
})

test('one wrong group is not enough, and it alone is said to be wrong', async () => {
  const kept = vi.fn()
  await shown(kept)
  await screen.press(WRITTEN)
  await typeGroups(group => group)
  const last = asked()[1]!
  await screen.type(`Groupe ${last}`, '***')
  await screen.press('Continuer')
  expect(kept).not.toHaveBeenCalled()
  expect(screen.wrong).toHaveLength(1)
  expect(document.activeElement).toBe(screen.field(`Groupe ${last}`))
})

test('who looks at the sheet again finds the same code', async () => {
  await shown()
  await screen.press(WRITTEN)
  await screen.press('Revoir la feuille')
  expect([...screen.root.querySelectorAll('.group')].map(one => one.textContent).join('-')).toBe(code)
})

test('a code that could not be made is asked for again', async () => {
  const { app } = doorApp()
  const making = vi.fn(make).mockRejectedValueOnce(new Refusal('unreachable'))
  await screen.show(app, <RecoveryKit make={making} onKept={() => undefined} />)
  await screen.settle()
  expect(screen.alert).toBe('Pli ne répond pas')
  await screen.press('Réessayer')
  expect(screen.root.querySelectorAll('.group')).toHaveLength(9)
})

test('what follows the sheet may fail, and what was typed stays', async () => {
  await shown(() => Promise.reject(new Refusal('unreachable')))
  await screen.press(WRITTEN)
  await typeGroups(group => group)
  await screen.press('Continuer')
  expect(screen.alert).toBe('Pli ne répond pas')
  expect(screen.field(`Groupe ${asked()[0]}`).value).toHaveLength(3)
})
