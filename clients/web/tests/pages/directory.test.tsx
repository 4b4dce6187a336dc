// @vitest-environment jsdom
/** What the person is told when keys are not believed, and what they can do about it. */
import { signal } from '@preact/signals'
import { h, render, type ComponentChild } from 'preact'
import { afterEach, expect, test, vi } from 'vitest'
import type { PolicyRead } from '../../src/crypto/operations.ts'
import { AppContext, type App } from '../../src/pages/context.ts'
import { AnswerStopped, DirectoryNotice, Watchers } from '../../src/pages/directory.tsx'
import { DISTRUST, noticeFor } from '../../src/pages/distrust.ts'
import { sentenceFor } from '../../src/pages/refusals.tsx'
import { KeysNotProved, type KeyProblem, type Trust } from '../../src/session/distrust.ts'
import { speak, t } from '../../src/words/words.ts'

const REASONS = Object.keys(DISTRUST) as KeyProblem[]
const shown = document.createElement('div')
const acts = { acknowledge: vi.fn(() => Promise.resolve()), acceptPolicy: vi.fn((_hash: string) => Promise.resolve()) }

afterEach(async () => {
  render(null, shown)
  await speak('fr')
})

function show(component: () => ComponentChild, trust: Trust, offered?: PolicyRead): HTMLElement {
  const watchers = signal({ hash: '', origin: 'pli.example/log', witnesses: ['Ordre', 'CHU'] })
  const session = { directory: signal(trust), watchers, offeredWatchers: signal(offered), ...acts }
  const app = { session } as unknown as App
  render(h(AppContext.Provider, { value: app }, h(component, null)), shown)
  return shown
}
const press = async (name: string): Promise<void> => {
  const buttons = [...shown.querySelectorAll('button')]
  buttons.find(({ textContent }) => textContent.includes(name))!.click()
  await vi.waitFor(() => expect(buttons.some(({ disabled }) => disabled)).toBe(false))
}

test.each(['fr', 'en'] as const)('every reason has words of its own, in %s', async language => {
  await speak(language)
  const sentences = REASONS.map(reason => sentenceFor(new KeysNotProved(reason)))
  expect(new Set(sentences).size).toBe(REASONS.length)
  expect(sentences.filter(sentence => sentence.includes(t('fail.other')) || sentence.includes(t('fail.relay')))).toEqual([])
})

test.each(REASONS)('%s stands above the messages and beside the answer', reason => {
  const [title, text] = noticeFor(reason)
  const notice = show(DirectoryNotice, reason)
  expect(notice.querySelector('[role=status]')?.textContent).toContain(`${t(title)}${t(text)}`)
  expect(show(AnswerStopped, reason).textContent).toContain(t('trust.draftKept'))
})

test.each(['unknown', 'trusted'] as const)('nothing is said while the directory is %s', trust => {
  expect(show(DirectoryNotice, trust).textContent).toBe('')
  expect(show(AnswerStopped, trust).textContent).toBe('')
})

test('a fork is read and acknowledged; a stale log passes by itself', async () => {
  show(DirectoryNotice, 'logForked')
  await press(t('trust.acknowledge'))
  expect(acts.acknowledge).toHaveBeenCalledOnce()
  expect(show(DirectoryNotice, 'staleCheckpoint').querySelectorAll('button')).toHaveLength(0)
})

test('who watches is named', () => {
  expect(show(Watchers, 'trusted').textContent).toContain(t('watchers.names', 'Ordre et CHU'))
  expect(shown.querySelectorAll('button')).toHaveLength(0)
})

test('other watchers are accepted in two steps, and not by the first', async () => {
  show(Watchers, 'policyChanged', { hash: 'shown', origin: 'pli.example/log', witnesses: [] })
  expect(shown.textContent).toContain(t('watchers.newNobody'))
  await press(t('watchers.accept'))
  expect(acts.acceptPolicy).not.toHaveBeenCalled()
  await vi.waitFor(() => expect(shown.textContent).toContain(t('watchers.confirm')))
  await press(t('watchers.confirm'))
  expect(acts.acceptPolicy).toHaveBeenCalledExactlyOnceWith('shown')
})
