/** The words that are fetched with their pages: the same in both languages, and there in whichever is spoken. */
import { afterEach, describe, expect, test } from 'vitest'
import { enAccount } from '../../src/words/account.en.ts'
import { frAccount } from '../../src/words/account.fr.ts'
import { enAgenda } from '../../src/words/agenda.en.ts'
import { frAgenda } from '../../src/words/agenda.fr.ts'
import { enDoors } from '../../src/words/doors.en.ts'
import { frDoors } from '../../src/words/doors.fr.ts'
import { fr } from '../../src/words/fr.ts'
import { enHelp } from '../../src/words/help.en.ts'
import { frHelp } from '../../src/words/help.fr.ts'
import { enInside } from '../../src/words/inside.en.ts'
import { frInside } from '../../src/words/inside.fr.ts'
import { enLife } from '../../src/words/life.en.ts'
import { frLife } from '../../src/words/life.fr.ts'
import { enApps } from '../../src/words/apps.en.ts'
import { frApps } from '../../src/words/apps.fr.ts'
import { enNotices } from '../../src/words/notices.en.ts'
import { frNotices } from '../../src/words/notices.fr.ts'
import { enRecord } from '../../src/words/record.en.ts'
import { frRecord } from '../../src/words/record.fr.ts'
import { learn, speak, t } from '../../src/words/words.ts'

afterEach(() => speak('fr'))

const CATALOGUES: Readonly<Record<string, readonly [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>]>> = {
  account: [frAccount, enAccount],
  life: [frLife, enLife],
  apps: [frApps, enApps],
  notices: [frNotices, enNotices],
  agenda: [frAgenda, enAgenda],
  record: [frRecord, enRecord],
  help: [frHelp, enHelp],
  doors: [frDoors, enDoors],
  inside: [frInside, enInside],
}
const NAMES = Object.keys(CATALOGUES)

describe.each(Object.entries(CATALOGUES))('the words of %s', (_, [french, english]) => {
  test('both languages have the same names, with the same values to fill in', () => {
    const arity = (words: Readonly<Record<string, unknown>>): ReadonlyMap<string, number> =>
      new Map(Object.entries(words).map(([name, entry]) => [name, typeof entry === 'function' ? entry.length : 0]))
    expect(arity(english)).toEqual(arity(french))
  })

  test('no sentence is empty, and French has its spaces that do not break', () => {
    const texts = Object.values(french).map(String)
    expect([...texts, ...Object.values(english).map(String)].filter(text => text.trim() === '')).toEqual([])
    expect(texts.filter(text => !text.includes('=>') && / [;:!?»]|« /.test(text))).toEqual([])
  })
})

test('no name is in two catalogues of a language', () => {
  const all = [fr, ...NAMES.map(name => CATALOGUES[name]?.[0] ?? {})].flatMap(words => Object.keys(words))
  expect(all.filter((name, at) => all.indexOf(name) !== at)).toEqual([])
})

test('they stay when the language changes', async () => {
  await learn('account')
  expect(t('devices.title')).toBe('Appareils connectés')
  await speak('en')
  expect(t('devices.title')).toBe('Connected devices')
})
