/** Sentences for people, by name. French is the first language; others, and those of groups of pages, are fetched when they are needed. */
import { signal } from '@preact/signals'
import type { frAccount } from './account.fr.ts'
import type { frApps } from './apps.fr.ts'
import type { frAgenda } from './agenda.fr.ts'
import type { frDoors } from './doors.fr.ts'
import { fr } from './fr.ts'
import type { frHelp } from './help.fr.ts'
import type { frInside } from './inside.fr.ts'
import type { frLife } from './life.fr.ts'
import type { frNotices } from './notices.fr.ts'
import type { frRecord } from './record.fr.ts'

type Entry<T> = T extends (...values: infer V) => string ? (...values: V) => string : string
type Catalogue<T> = { readonly [K in keyof T]: Entry<T[K]> }
/** What every catalogue has: the same names, and the same values to fill in. */
export type Words = Catalogue<typeof fr>
export type AccountWords = Catalogue<typeof frAccount>
export type LifeWords = Catalogue<typeof frLife>
export type AppsWords = Catalogue<typeof frApps>
export type NoticesWords = Catalogue<typeof frNotices>
export type HelpWords = Catalogue<typeof frHelp>
export type DoorsWords = Catalogue<typeof frDoors>
export type InsideWords = Catalogue<typeof frInside>
export type AgendaWords = Catalogue<typeof frAgenda>
export type RecordWords = Catalogue<typeof frRecord>
type LaterWords = AccountWords & LifeWords & NoticesWords & AppsWords & HelpWords & DoorsWords & InsideWords & RecordWords & AgendaWords
type AllWords = Words & LaterWords
export type Word = keyof AllWords
type Values<K extends Word> = AllWords[K] extends (...values: infer V) => string ? V : []
/** A word that needs nothing filled in. */
export type PlainWord = { [K in Word]: AllWords[K] extends string ? K : never }[Word]

export const LANGUAGES = ['fr', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

type Fetch = () => Promise<Partial<LaterWords>>
/** The words of pages that are fetched later: one line for each group of pages, and a page of it asks for them with {@link learn}. */
const LATER = {
  /** An open mailbox. */
  inside: {
    fr: async () => (await import('./inside.fr.ts')).frInside,
    en: async () => (await import('./inside.en.ts')).enInside,
  },
  /** Before the log-in, beyond the log-in itself. */
  doors: {
    fr: async () => (await import('./doors.fr.ts')).frDoors,
    en: async () => (await import('./doors.en.ts')).enDoors,
  },
  account: {
    fr: async () => (await import('./account.fr.ts')).frAccount,
    en: async () => (await import('./account.en.ts')).enAccount,
  },
  life: {
    fr: async () => (await import('./life.fr.ts')).frLife,
    en: async () => (await import('./life.en.ts')).enLife,
  },
  apps: {
    fr: async () => (await import('./apps.fr.ts')).frApps,
    en: async () => (await import('./apps.en.ts')).enApps,
  },
  notices: {
    fr: async () => (await import('./notices.fr.ts')).frNotices,
    en: async () => (await import('./notices.en.ts')).enNotices,
  },
  agenda: {
    fr: async () => (await import('./agenda.fr.ts')).frAgenda,
    en: async () => (await import('./agenda.en.ts')).enAgenda,
  },
  record: {
    fr: async () => (await import('./record.fr.ts')).frRecord,
    en: async () => (await import('./record.en.ts')).enRecord,
  },
  help: {
    fr: async () => (await import('./help.fr.ts')).frHelp,
    en: async () => (await import('./help.en.ts')).enHelp,
  },
} as const satisfies Readonly<Record<string, Readonly<Record<Language, Fetch>>>>
export type WordGroup = keyof typeof LATER

const catalogue = signal<Partial<AllWords>>(fr)
/** Their pages were opened: their words are spoken in every language that is chosen from then on. */
const learned = signal<ReadonlySet<WordGroup>>(new Set())
export const language = signal<Language>('fr')

/** The sentence of this name. Whoever calls it while rendering is rendered again when the language changes. */
export function t<K extends Word>(name: K, ...values: Values<K>): string {
  const entry = catalogue.value[name] as string | ((...values: Values<K>) => string) | undefined
  // Pages learn their words before they are shown: a name alone is better than a page that breaks.
  if (entry === undefined) return name
  return typeof entry === 'string' ? entry : entry(...values)
}

export async function speak(wanted: Language): Promise<void> {
  const groups = learned.value
  const words = await Promise.all([wordsIn(wanted), ...[...groups].map(group => LATER[group][wanted]())])
  if (learned.value !== groups) return speak(wanted) // others were learned meanwhile
  catalogue.value = Object.assign({}, ...words) as Partial<AllWords>
  language.value = wanted
}

/** Before a page of these groups is shown. Rejects when they cannot be fetched. */
export async function learn(...groups: readonly WordGroup[]): Promise<void> {
  const fresh = groups.filter(group => !learned.value.has(group))
  const spoken = language.value
  const fetched = await Promise.all(fresh.map(group => LATER[group][spoken]()))
  if (language.value !== spoken) return learn(...groups) // the person chose another one meanwhile
  catalogue.value = Object.assign({}, catalogue.value, ...fetched) as Partial<AllWords>
  learned.value = new Set([...learned.value, ...fresh])
}

export const knows = (group: WordGroup): boolean => learned.value.has(group)

/** `component` in pages that are fetched when they are opened, with the words that it needs. */
export async function withWords<T>(page: Promise<T>, ...groups: readonly WordGroup[]): Promise<T> {
  const [found] = await Promise.all([page, learn(...groups)])
  return found
}

const wordsIn = async (wanted: Language): Promise<Words> => (wanted === 'fr' ? fr : (await import('./en.ts')).en)

export const isLanguage = (text: string | undefined): text is Language => LANGUAGES.some(one => one === text)
