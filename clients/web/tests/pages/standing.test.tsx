// @vitest-environment jsdom
/** What stands above the messages, and beside a letter that was sealed to keys of long ago. */
import { signal } from '@preact/signals'
import { h, render, type ComponentChild } from 'preact'
import { afterEach, expect, test, vi } from 'vitest'
import { AppContext, type App } from '../../src/pages/context.ts'
import { Conversation } from '../../src/pages/conversation.tsx'
import * as places from '../../src/pages/places.ts'
import { Reviewed, StandingNotices } from '../../src/pages/standing.tsx'
import type { Arrived } from '../../src/session/entries.ts'
import { speak, t } from '../../src/words/words.ts'
import { ANNE, arrived, letter } from '../fakes/letters.ts'

const shown = document.createElement('div')
afterEach(async () => {
  render(null, shown)
  await speak('fr')
})

function show(page: ComponentChild, session: object): HTMLElement {
  const app = { session, screen: { print: () => undefined } } as unknown as App
  render(h(AppContext.Provider, { value: app }, page), shown)
  return shown
}

const standing = (unkept: boolean, review: boolean, reviewed = vi.fn()) => ({
  unkept: signal(unkept),
  carers: { review: signal(review), reviewed },
})

test('nothing stands there while all is well, but the place where it is announced', () => {
  expect(show(h(StandingNotices, {}), standing(false, false)).querySelector('[role=status]')?.textContent).toBe('')
  expect(show(h(Reviewed, {}), standing(false, false)).textContent).toBe('')
})

test.each(['fr', 'en'] as const)('a key box that is not taken is told, in %s', async language => {
  await speak(language)
  expect(show(h(StandingNotices, {}), standing(true, false)).textContent).toBe(t('standing.unkeptTitle') + t('standing.unkept'))
})

test('after a recovery the way leads to who may open the mailbox, and stays until the person looked', () => {
  const root = show(h(StandingNotices, {}), standing(false, true))
  expect(root.querySelector('a')?.getAttribute('href')).toBe(places.CARERS)
  expect(root.querySelectorAll('button')).toHaveLength(0)
  const reviewed = vi.fn()
  show(h(Reviewed, {}), standing(false, true, reviewed)).querySelector('button')!.click()
  expect(reviewed).toHaveBeenCalledOnce()
})

function conversation(...letters: readonly Arrived[]): HTMLElement {
  const thread = { id: letter().thread, letters, shown: letters, subject: 'Vos résultats', last: letters.at(-1), unread: 0, files: false, invitation: false }
  const session = {
    thread: () => thread,
    account: ANNE,
    lines: signal(new Map()),
    doubted: signal(new Set()),
    unreadable: signal([]),
    filing: { markRead: () => undefined, isArchived: () => false, labelsOf: () => [], allLabels: () => [] },
    mayAnswer: () => false,
    people: signal([]),
    loaded: signal(true),
  }
  return show(h(Conversation, { id: thread.id }), session)
}

/** Nothing is missing between the first letter and this one. */
const second = letter({ counter: 2, previous: arrived().hash })

test.each(['fr', 'en'] as const)('a letter to keys of long ago is shown, with a warning that says what to do, in %s', async language => {
  await speak(language)
  const own = letter({ sender: { ...letter().sender, account: ANNE } })
  const warnings = ['staleKeyUsed'] as const
  const root = conversation(arrived(), arrived({ id: 'm2', letter: second, warnings }), arrived({ id: 'm3', box: 'out', letter: own, warnings }))
  const said = [...root.querySelectorAll('article')].map(one => one.querySelector('.notice-care')?.textContent)
  expect(said).toEqual([undefined, t('conversation.staleKey'), t('conversation.staleKeyOwn')])
  expect([...root.querySelectorAll('article')].every(one => one.textContent.includes(letter().text))).toBe(true)
})
