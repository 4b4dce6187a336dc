// The page of an export and the names of its files, by the vectors that Python reads as well.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { page, safeName, type Missing, type Shown } from '../../src/content/exportpage.ts'

type Paged = { name: string; account: string; made: string; agenda: boolean; shown: readonly Shown[]; missing: readonly Missing[]; page: string }
type Named = { name: string; text: string; number: number; kept: string }
const file = new URL('../../../../tests/vectors/mail/export.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly (Paged | Named)[] }

test.each(cases.flatMap(one => ('page' in one ? [one] : [])))('$name', ({ shown, missing, page: expected, ...about }) => {
  expect(page(about, shown, missing)).toBe(expected)
})

test.each(cases.flatMap(one => ('kept' in one ? [one] : [])))('$name: $text', ({ text, number, kept }) => {
  expect(safeName(text, number)).toBe(kept)
})

test('a file that could not be had is named, and its name is no markup', () => {
  const lost = [{ name: '<img src=x onerror=alert(1)>.pdf', letter: 'm1"><b>', when: '2024-03-12 09:00 UTC' }]
  const html = page({ account: 'a', made: '2024-03-12', agenda: false }, [], [], lost)
  expect(html).toContain('Fichiers manquants')
  expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;.pdf')
  expect(html).not.toMatch(/<img|<b>/)
})
