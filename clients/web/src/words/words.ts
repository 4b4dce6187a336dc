/** Sentences for people, by name. French is the first language; others, and those of the account's pages, are fetched when they are needed. */
import { signal } from '@preact/signals'
import type { frAccount } from './account.fr.ts'
import { fr } from './fr.ts'

type Entry<T> = T extends (...values: infer V) => string ? (...values: V) => string : string
type Catalogue<T> = { readonly [K in keyof T]: Entry<T[K]> }
/** What every catalogue has: the same names, and the same values to fill in. */
export type Words = Catalogue<typeof fr>
export type AccountWords = Catalogue<typeof frAccount>
type AllWords = Words & AccountWords
export type Word = keyof AllWords
type Values<K extends Word> = AllWords[K] extends (...values: infer V) => string ? V : []
/** A word that needs nothing filled in. */
export type PlainWord = { [K in Word]: AllWords[K] extends string ? K : never }[Word]

export const LANGUAGES = ['fr', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

const catalogue = signal<Words & Partial<AccountWords>>(fr)
/** The pages of the account were opened: their words are spoken in every language that is chosen from then on. */
let withAccount = false
export const language = signal<Language>('fr')

/** The sentence of this name. Whoever calls it while rendering is rendered again when the language changes. */
export function t<K extends Word>(name: K, ...values: Values<K>): string {
  const entry = catalogue.value[name as keyof Words] as string | ((...values: Values<K>) => string)
  return typeof entry === 'string' ? entry : entry(...values)
}

export async function speak(wanted: Language): Promise<void> {
  const [words, account] = await Promise.all([wordsIn(wanted), withAccount ? accountWordsIn(wanted) : {}])
  catalogue.value = { ...words, ...account }
  language.value = wanted
}

/** Before a page of the account is shown. */
export async function learnAccountWords(): Promise<void> {
  withAccount = true
  catalogue.value = { ...catalogue.value, ...(await accountWordsIn(language.value)) }
}

const wordsIn = async (wanted: Language): Promise<Words> => (wanted === 'fr' ? fr : (await import('./en.ts')).en)

const accountWordsIn = async (wanted: Language): Promise<AccountWords> =>
  wanted === 'fr' ? (await import('./account.fr.ts')).frAccount : (await import('./account.en.ts')).enAccount

export const isLanguage = (text: string | undefined): text is Language => LANGUAGES.some(one => one === text)
