/** Sentences for people, by name. French is the first language; others are fetched when they are chosen. */
import { signal } from '@preact/signals'
import { fr } from './fr.ts'

type Entry<T> = T extends (...values: infer V) => string ? (...values: V) => string : string
/** What every catalogue has: the same names, and the same values to fill in. */
export type Words = { readonly [K in keyof typeof fr]: Entry<(typeof fr)[K]> }
export type Word = keyof Words
type Values<K extends Word> = Words[K] extends (...values: infer V) => string ? V : []
/** A word that needs nothing filled in. */
export type PlainWord = { [K in Word]: Words[K] extends string ? K : never }[Word]

export const LANGUAGES = ['fr', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

const catalogue = signal<Words>(fr)
export const language = signal<Language>('fr')

/** The sentence of this name. Whoever calls it while rendering is rendered again when the language changes. */
export function t<K extends Word>(name: K, ...values: Values<K>): string {
  const entry = catalogue.value[name] as string | ((...values: Values<K>) => string)
  return typeof entry === 'string' ? entry : entry(...values)
}

export async function speak(wanted: Language): Promise<void> {
  catalogue.value = wanted === 'fr' ? fr : (await import('./en.ts')).en
  language.value = wanted
}

export const isLanguage = (text: string | undefined): text is Language => LANGUAGES.some(one => one === text)
