/** What is typed in two pages, in two exchanges, or while a letter waits to leave: none of it is lost. */
import { beforeEach, expect, test, vi } from 'vitest'
import type { Json } from '../../src/crypto/encoding.ts'
import { allToJson, both, draftsIn, edited, EMPTY, letterOf, merged } from '../../src/session/draftforms.ts'
import { Drafts } from '../../src/session/drafts.ts'
import { Saving } from '../../src/session/saving.ts'
import type { States } from '../../src/session/states.ts'
import { Refusal } from '../../src/wire/errors.ts'
import { FakeClock } from '../fakes/clock.ts'

/** What the relay has, as every page of the person sees it: compare and set. */
class FakeShared {
  version = 0
  value: Json | undefined
  isAway = false

  page(): Pick<States, 'load' | 'save'> {
    let known: number | undefined
    const load = (): Promise<Json | undefined> => {
      if (this.isAway) return Promise.reject(new Refusal('unreachable'))
      known = this.version
      return Promise.resolve(this.value)
    }
    const save = async (_label: string, merge: (there: Json | undefined) => Json): Promise<void> => {
      if (this.isAway) throw new Refusal('unreachable')
      const there = known === this.version ? undefined : await load()
      this.value = merge(there)
      known = this.version += 1
    }
    return { load, save }
  }

  texts(): Record<string, string> {
    return Object.fromEntries([...draftsIn(this.value)].map(([thread, { text }]) => [thread, text]))
  }
}

let clock: FakeClock
let shared: FakeShared
let browser: Map<string, Json>
let isFull: boolean

beforeEach(() => {
  clock = new FakeClock()
  shared = new FakeShared()
  browser = new Map()
  isFull = false
})

async function open(kept = browser): Promise<Drafts> {
  const states = shared.page()
  const here = {
    get: (name: string) => Promise.resolve(kept.get(name)),
    put: (name: string, value: unknown) => {
      if (!isFull) kept.set(name, JSON.parse(JSON.stringify(value)) as Json)
      return Promise.resolve(!isFull)
    },
    remove: (...names: readonly string[]) => {
      for (const name of names) kept.delete(name)
      return Promise.resolve()
    },
    names: (prefix: string) => Promise.resolve([...kept.keys()].filter(name => name.startsWith(prefix))),
  }
  const drafts = new Drafts({ states, saving: new Saving(states as States, clock), here, clock })
  await drafts.load().catch(() => undefined)
  return drafts
}

const saved = async (): Promise<void> => {
  for (let round = 0; round < 4; round++) {
    clock.pass(6000)
    await new Promise(resolve => setTimeout(resolve))
  }
}

test('drafts of two exchanges stand side by side', async () => {
  const page = await open()
  page.write('A', { text: 'un' })
  await saved()
  page.write('B', { text: 'deux' })
  await saved()
  expect(shared.texts()).toEqual({ A: 'un', B: 'deux' })
})

test('what two pages typed in one draft stands in both', async () => {
  const [one, other] = [await open(), await open()]
  one.write('A', { text: 'de l’un' })
  await saved()
  other.write('A', { text: 'de l’autre' })
  await saved()
  expect(shared.texts()['A']).toBe('de l’autre\n\n———\n\nde l’un')
  one.write('A', { text: 'de l’un, plus long' })
  await saved()
  expect(shared.texts()['A']).toBe('de l’autre\n\n———\n\nde l’un, plus long')
  await other.refresh()
  expect(other.of('A').text).toBe(one.of('A').text)
})

test('what one page sent or emptied is gone from the other', async () => {
  const one = await open()
  one.write('A', { text: 'Bonjour' })
  await saved()
  const other = await open()
  expect(other.of('A').text).toBe('Bonjour')
  one.lend('A', 'letter')
  await saved()
  expect(shared.texts()).toEqual({ A: 'Bonjour' })
  one.settle('letter')
  await saved()
  await other.refresh()
  expect([other.of('A').text, shared.texts()]).toEqual(['', {}])
})

test('a letter that waits to leave stays saved, whatever is saved meanwhile', async () => {
  const page = await open()
  page.write('A', { text: 'Bonjour' })
  page.lend('A', 'letter') // before the first text was saved
  page.write('B', { text: 'deux' })
  await saved()
  expect(shared.texts()).toEqual({ A: 'Bonjour', B: 'deux' })
  expect(page.of('A').text).toBe('')
  page.write('A', { text: 'Encore' })
  await saved()
  expect(shared.texts()['A']).toBe('Bonjour\n\n———\n\nEncore')
  page.settle('letter')
  await saved()
  expect([shared.texts()['A'], page.of('A').text]).toEqual(['Encore', 'Encore'])
})

test('a letter that is taken back stands above what was typed meanwhile', async () => {
  const page = await open()
  page.write('A', { text: 'Bonjour' })
  page.lend('A', 'letter')
  page.write('A', { text: 'Encore' })
  page.takeBack('letter', 'A', { ...EMPTY, text: 'Bonjour' })
  await saved()
  expect(shared.texts()['A']).toBe('Bonjour\n\n———\n\nEncore')
})

test('two pages that type without the relay are both found by the next one', async () => {
  const [one, other] = [await open(), await open()]
  shared.isAway = true
  one.write('A', { text: 'de l’un' })
  other.write('B', { text: 'de l’autre' })
  await saved()
  shared.isAway = false
  const next = await open()
  await saved()
  expect([next.of('A').text, next.of('B').text]).toEqual(['de l’un', 'de l’autre'])
  expect(shared.texts()).toEqual({ A: 'de l’un', B: 'de l’autre' })
  await saved()
  expect([...browser.keys()]).toEqual([])
})

test('what was emptied without the relay does not come back', async () => {
  const page = await open()
  page.write('A', { text: 'Bonjour' })
  await saved()
  shared.isAway = true
  page.write('A', { text: '' })
  await saved()
  shared.isAway = false
  const next = await open()
  expect(next.of('A').text).toBe('')
})

test('a browser that has no room says so until the relay has what was typed', async () => {
  const page = await open()
  isFull = shared.isAway = true
  page.write('A', { text: 'Bonjour' })
  await saved()
  expect(page.unkept.value).toBe(true)
  shared.isAway = false
  await saved()
  await vi.waitFor(() => expect(page.unkept.value).toBe(false))
  expect(shared.texts()).toEqual({ A: 'Bonjour' })
})

const handed = { ...EMPTY, text: 'Bonjour', handed: ['letter'] }

test.each([
  ['as it was handed over', handed, 'letter'],
  ['merged with what another page has of it', merged({ ...handed, handed: [] }, handed, { ...handed, handed: [] }), 'letter'],
  ['read from where it was kept', draftsIn(allToJson(new Map([['A', handed]]))).get('A')!, 'letter'],
  ['edited', edited(handed, { text: 'Bonsoir' }), undefined],
  ['with another file', edited(handed, { files: [{ chunks: [], id: 'F', key: '', name: 'a', sha256: '', size: 1, type: '' }] }), undefined],
  ['edited elsewhere', merged(handed, handed, edited(handed, { text: 'Bonsoir' })), undefined],
  ['above what was typed meanwhile', both(handed, { ...EMPTY, text: 'Encore' }), undefined],
  ['above another that was handed over', both(handed, { ...EMPTY, text: 'Encore', handed: ['other'] }), undefined],
  ['emptied, and begun anew', edited(edited(handed, { text: '' }), { text: 'Bonjour' }), undefined],
])('a draft %s is sent as the letter that it was only when it says the same', (_, draft, letter) => {
  expect(letterOf(draft)).toBe(letter)
})

const text = (base: string, mine: string, theirs: string): string =>
  merged({ ...EMPTY, text: base }, { ...EMPTY, text: mine }, { ...EMPTY, text: theirs }).text

test.each([
  ['', 'a', '', 'a'],
  ['ab', 'a', 'ab', 'a'],
  ['ab', 'ab', '', ''],
  ['ab', 'ab', 'abc', 'abc'],
  ['a', 'ab', 'ac', 'abc'],
  ['a', 'b', 'c', 'b\n\n———\n\nc'],
  ['ok', 'ok!', '$& ok', '$& ok!'],
  ['', 'same', 'same', 'same'],
])('of %j, one made %j and the other %j: %j', (base, mine, theirs, expected) => {
  expect(text(base, mine, theirs)).toBe(expected)
})
