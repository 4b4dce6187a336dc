// @vitest-environment jsdom
/** In the English interface, what was written in French is marked as French (RGAA 4.1.2, 8.7), and nothing else is. */
import { signal } from '@preact/signals'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { header } from '../../src/content/cda.ts'
import type { Letter } from '../../src/content/letter.ts'
import { announcement } from '../../src/pages/announcement.ts'
import type { App } from '../../src/pages/context.ts'
import { Conversation } from '../../src/pages/conversation.tsx'
import { Frame } from '../../src/pages/frame.tsx'
import { ThreadRow } from '../../src/pages/messagerow.tsx'
import { AppointmentCard } from '../../src/pages/parts/invitation.tsx'
import { RecordPage } from '../../src/pages/record.tsx'
import { Soon } from '../../src/pages/soon.tsx'
import { agenda, exchanges, filed, threads, type Arrived } from '../../src/session/entries.ts'
import { Holding } from '../../src/ui/theirs.tsx'
import { learn, speak } from '../../src/words/words.ts'
import { ANNE, arrived, hash, invitation, letter, recordDocument } from '../fakes/letters.ts'
import { doorApp, Screen } from '../fakes/screen.tsx'

const screen = new Screen()
beforeEach(async () => {
  await learn('inside', 'record', 'agenda')
  await speak('en')
})
afterEach(async () => {
  await screen.leave()
  await speak('fr')
})

/** What is marked as French, in the order of the page. */
const french = (): readonly string[] => [...screen.root.querySelectorAll('[lang=fr]')].map(one => one.textContent)

/** In a letter to oneself. */
const own = (parts: Letter['parts']): Arrived =>
  arrived({ box: 'out', letter: letter({ parts, recipients: [{ account: ANNE, statement: hash('s') }] }) })

function appOf(entries: readonly Arrived[]): App {
  const [thread] = threads(exchanges(entries), () => true)
  const session = {
    loaded: signal(true),
    thread: () => thread,
    account: ANNE,
    record: signal(filed(entries)),
    agenda: signal(agenda(entries)),
    shelf: { load: () => Promise.resolve(), hidden: signal(new Set()) },
    reminder: signal(undefined),
    mayAnswer: () => false,
    lines: signal(new Map()),
    doubted: signal(new Set()),
    unreadable: signal([]),
    people: signal([]),
    drafts: { all: signal(new Map()) },
    filing: { markRead: () => undefined, isArchived: () => false, labelsOf: () => [], allLabels: () => [] },
  }
  return { session, screen: { print: () => undefined } } as unknown as App
}

async function row(entry: Arrived): Promise<void> {
  const [thread] = threads(exchanges([entry]), () => true)
  await screen.show(appOf([entry]), <ThreadRow thread={thread!} open={false} tabIndex={0} />)
}

test('in the list, the subject of what came is French, and that of the person has no language', async () => {
  await row(arrived())
  expect(french()).toEqual(['Vos résultats'])
  await row(arrived({ box: 'out' }))
  expect(french()).toEqual([])
})

test('a sentence of ours in the place of a subject stays English', async () => {
  await row(arrived({ letter: letter({ subject: '' }) }))
  expect(french()).toEqual([])
})

test('a conversation: subject, text and file name of what came; what the page says in between is English', async () => {
  const parts = [{ kind: 'file', file: recordDocument().file }] as const
  const text = 'Bonjour,\n\nTout va bien.\n\nLe 3 mars 2024 à 10:00, Anne a écrit :\n> Merci'
  await screen.show(appOf([arrived({ letter: letter({ text, parts }) })]), <Conversation id="x" />)
  expect(french().map(words => words.slice(0, 13))).toEqual(['Vos résultats', 'Bonjour,\n\nTou', 'cr.pdf'])
  expect(screen.root.querySelector('summary [lang=en]')).not.toBeNull()
})

test('an appointment: what, where and its text', async () => {
  const asked = arrived({ letter: letter({ parts: [invitation({ description: 'À jeun.' })] }) })
  const [entry] = agenda([asked])
  await screen.show(appOf([asked]), <AppointmentCard entry={entry!} />)
  expect(french()).toEqual(['Consultation', 'Cabinet', 'À jeun.'])
})

test('a sentence of ours that holds what they called it marks that alone', async () => {
  const at = new Date(Date.now() + 86_400_000)
  const asked = arrived({ letter: letter({ parts: [invitation({ start: { date: at.toLocaleDateString('sv') }, end: null })] }) })
  const app = appOf([asked])
  app.session.agenda.value.forEach(entry => Object.assign(entry, { state: 'accepted' }))
  await screen.show(app, <Soon />)
  expect(french()).toEqual(['Consultation'])
  expect(screen.text).toBe('Tomorrow: Consultation')
})

test('the record: titles of what came, and the French names of types also where the person chose one', async () => {
  const shown = async (entry: Arrived): Promise<readonly string[]> => {
    await screen.show(appOf([entry]), <RecordPage />)
    return french()
  }
  expect(await shown(arrived({ letter: letter({ parts: [recordDocument()] }) }))).toEqual(['CR', 'CR de biologie'])
  expect(await shown(own([recordDocument()]))).toEqual(['CR de biologie'])
  expect(await shown(own([recordDocument({ title: '' })]))).toEqual(['CR de biologie', 'CR de biologie'])
})

test('a CDA document says its language itself, in the form that browsers know', () => {
  const language = (code: string): string | undefined =>
    header(new DOMParser().parseFromString(`<ClinicalDocument><languageCode code="${code}"/></ClinicalDocument>`, 'application/xml')).language
  expect(['fr-FR', 'en', '', 'français', 'fr_FR', 'x-klingon', 'xx'].map(language)).toEqual(['fr-FR', 'en', undefined, undefined, undefined, undefined, undefined])
})

test('what was announced in one language is not left there for the voice of another', async () => {
  await screen.show(doorApp().app, <Frame>{null}</Frame>)
  announcement.value = 'Message sent.'
  await screen.settle()
  expect(screen.root.querySelector('.unseen[role=status]')?.textContent).toBe('Message sent.')
  await speak('fr')
  await screen.settle()
  expect(announcement.value).toBe('')
})

test('words that a sentence does not hold mark nothing', async () => {
  await screen.show(appOf([]), <Holding sentence="Tomorrow" words="" tongue="fr" />)
  expect(french()).toEqual([])
  expect(screen.text).toBe('Tomorrow')
})
