// @vitest-environment jsdom
import { afterEach, expect, test, vi } from 'vitest'
import { signal } from '@preact/signals'
import type { App } from '../../src/pages/context.ts'
import { ReadReceipt } from '../../src/pages/readreceipt.tsx'
import { Refusal } from '../../src/wire/errors.ts'
import { arrived } from '../fakes/letters.ts'
import { Screen } from '../fakes/screen.tsx'

const screen = new Screen()
afterEach(() => screen.leave())

async function show(may: boolean | undefined, tellRead = vi.fn(() => Promise.resolve())) {
  const app = { session: { mayAnswer: () => may, tellRead }, preferences: { language: signal('fr') } }
  await screen.show(app as unknown as App, <ReadReceipt read={arrived()} />)
  return tellRead
}

test('nothing is told before the person says so', async () => {
  const tellRead = await show(true)
  expect(screen.text).toContain('Dr Claire MARTIN demande à savoir si vous avez lu ce message')
  expect(tellRead).not.toHaveBeenCalled()
  await screen.press('Dire que je l’ai lu')
  expect(tellRead).toHaveBeenCalledExactlyOnceWith(arrived())
})

test('whoever may not be answered any more is not offered', async () => {
  await show(false)
  expect(screen.text).toBe('')
})

test('what could not be told is said, and can be tried again', async () => {
  const tellRead = await show(true, vi.fn(() => Promise.reject(new Refusal('unreachable'))))
  await screen.press('Dire que je l’ai lu')
  await vi.waitFor(() => expect(screen.root.querySelector('[role=alert]')).not.toBeNull())
  await screen.press('Dire que je l’ai lu')
  expect(tellRead).toHaveBeenCalledTimes(2)
})
