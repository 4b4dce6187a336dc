// @vitest-environment jsdom
/** Names, subjects, labels and appointments that strangers write: words wherever they are shown, and found as words. */
import { signal } from '@preact/signals'
import { afterEach, expect, test } from 'vitest'
import type { App } from '../../src/pages/context.ts'
import { ThreadRow } from '../../src/pages/messagerow.tsx'
import { Recipient } from '../../src/pages/recipient.tsx'
import { WaitingFiles } from '../../src/pages/waitingfiles.tsx'
import { SearchIndex } from '../../src/search/searchindex.ts'
import { knownPeople } from '../../src/session/aim.ts'
import { freeName } from '../../src/session/archive.ts'
import { exchanges, threads } from '../../src/session/entries.ts'
import { plainName, safeName } from '../../src/content/attachment.ts'
import { toIcs } from '../../src/content/ics.ts'
import { arrived, invitation, letter } from '../fakes/letters.ts'
import { Screen } from '../fakes/screen.tsx'

const screen = new Screen()
afterEach(() => screen.leave())

const ATTACKS = [
  '"><img src=x onerror=alert(1)>',
  '<script>alert(1)</script>',
  'javascript:alert(1)',
  '\u202Egnp.exe',
  '</title><svg/onload=alert(1)>',
  '{{constructor.constructor("alert(1)")()}}',
  "' onfocus='alert(1)' autofocus='",
]
const session = {
  people: signal([]),
  contacts: signal(new Map()),
  register: { find: () => Promise.resolve([]) },
  filing: { labelsOf: () => ['<b onclick=alert(1)>x</b>'] },
  drafts: { all: signal(new Map()) },
}
const app = { session } as unknown as App
const ACTING = 'script, img, iframe, object, embed, style, link, form[action], [onclick], [onload], [onerror], [onfocus], [autofocus]'

const nothingActs = (): void => {
  expect(screen.root.querySelectorAll(ACTING)).toHaveLength(0)
  for (const link of screen.root.querySelectorAll('a')) expect(link.getAttribute('href')).toMatch(/^\/messages\//)
}

test.each(ATTACKS)('%s as a name and a subject is words in the list', async attack => {
  const [thread] = threads(exchanges([arrived({ letter: letter({ subject: attack, sender: { ...letter().sender, name: attack } }) })]), () => false)
  await screen.show(app, <ThreadRow thread={thread!} open={false} tabIndex={0} />)
  expect(screen.text).toContain(attack)
  nothingActs()
})

test.each(ATTACKS)('%s as a name is words where one chooses to whom to write', async attack => {
  const people = knownPeople([arrived({ letter: letter({ sender: { ...letter().sender, name: attack } }) })])
  await screen.show(app, <Recipient people={people} chosen={undefined} wrong={undefined} onChoose={() => undefined} />)
  expect(screen.text).toContain(attack)
  nothingActs()
})

test.each(ATTACKS)('%s as a file name is words', async attack => {
  const file = { id: 'f', name: safeName(attack), size: 1, state: { kind: 'sending', sent: 0, paused: false } } as const
  await screen.show(app, <WaitingFiles files={[file]} onRemove={() => undefined} />)
  nothingActs()
})

test.each(['../../etc/passwd', '..\\..\\x', 'a/b', '\u0000x'])('%j as a file name leaves no folder', name => {
  expect(safeName(name)).not.toMatch(/[/\\\u0000]/)
})

test('no sign in a file name turns it round, so that it ends as it is read', () => {
  expect(plainName('ordonnance\u202Efdp.exe')).toBe('ordonnancefdp.exe')
  expect(safeName('\u2067ordonnance\u2069\u200Ffdp.exe')).toBe('ordonnancefdp.exe')
})

test('two files of one name are two files in an archive, whatever the case', () => {
  const taken = new Set<string>()
  expect(['a.pdf', 'A.pdf', 'a.pdf', '.x', '.x'].map(name => freeName(name, taken))).toEqual(['a.pdf', 'A (2).pdf', 'a (3).pdf', '.x', '.x (2)'])
})

test('a question is never a pattern, however it is written', () => {
  const index = new SearchIndex()
  index.put([['1', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa']])
  expect(index.find('(a+)+$')).toEqual(['1'])
  expect(index.find('.*')).toEqual([])
})

test('what an appointment says begins no line of its own in a calendar file', () => {
  const injected = 'x\r\nATTACH:javascript:alert(1)\nBEGIN:VALARM\rEND:VCALENDAR'
  const lines = toIcs([{ invitation: invitation({ summary: injected, location: injected, description: injected, uid: injected }), state: 'pending' }]).split(/\r\n|\r|\n/)
  expect(lines.filter(line => /^(ATTACH|BEGIN:VALARM)/.test(line))).toEqual([])
  expect(lines.filter(line => line === 'END:VCALENDAR')).toHaveLength(1)
})
