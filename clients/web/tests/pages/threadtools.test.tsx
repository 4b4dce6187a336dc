// @vitest-environment jsdom
/** What one does with a whole exchange: the rest of the tools is asked for, and a label has a name. */
import { signal } from '@preact/signals'
import { afterEach, expect, test, vi } from 'vitest'
import type { App } from '../../src/pages/context.ts'
import { ThreadTools } from '../../src/pages/threadtools.tsx'
import { exchanges, threads } from '../../src/session/entries.ts'
import { learn } from '../../src/words/words.ts'
import { arrived } from '../fakes/letters.ts'
import { Screen } from '../fakes/screen.tsx'

const screen = new Screen()
afterEach(() => screen.leave())

async function show() {
  await learn('inside')
  const label = vi.fn()
  const [thread] = threads(exchanges([arrived()]), () => true)
  const session = { filing: { isArchived: () => false, labelsOf: () => [], allLabels: () => [], label }, files: signal([]) }
  await screen.show({ session, screen: {} } as unknown as App, <ThreadTools thread={thread!} />)
  return label
}

const expanded = (words: string): string | null | undefined =>
  [...screen.root.querySelectorAll('button')].find(one => one.textContent === words)?.getAttribute('aria-expanded')

test('the button of the rest says whether it stands there, and takes it away again', async () => {
  await show()
  const rest = screen.root.querySelector('.thread-rest')!
  expect([expanded('Plus'), rest.classList.contains('thread-rest-open')]).toEqual(['false', false])
  await screen.press('Plus')
  expect([expanded('Plus'), rest.classList.contains('thread-rest-open')]).toEqual(['true', true])
  await screen.press('Plus')
  expect([expanded('Plus'), rest.classList.contains('thread-rest-open')]).toEqual(['false', false])
})

test('a label without a name is none, and the field says so', async () => {
  const label = await show()
  await screen.press('Étiquettes')
  await screen.press('Ajouter')
  expect(label).not.toHaveBeenCalled()
  expect(screen.wrong).toEqual(['Écrivez un nom.'])
  await screen.type('Nouvelle étiquette', 'Analyses')
  await screen.press('Ajouter')
  expect(label).toHaveBeenCalledOnce()
})
