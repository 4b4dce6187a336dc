/** Finding somebody, and what is said of whoever may not be written to. */
import { beforeEach, expect, test } from 'vitest'
import { Register, whyNot } from '../../src/session/register.ts'
import type { Transport } from '../../src/session/transport.ts'
import { Refusal } from '../../src/wire/errors.ts'
import type { Contact } from '../../src/wire/types.ts'
import { ANNE, MARTIN } from '../fakes/letters.ts'

const HOSPITAL = `a${'h'.repeat(26)}`
const APP = `a${'p'.repeat(26)}`
const entry = (id: string, kind: string): object => ({ id, kind, name: id, profession: null, specialty: null, organisation: null, city: null })

let asked: (readonly [string, Record<string, unknown>])[]
let answers: Record<string, object | Refusal>
let register: Register

beforeEach(() => {
  asked = []
  answers = {
    'DirectoryEntry/query': { ids: [MARTIN, APP, HOSPITAL] },
    'DirectoryEntry/get': { list: [entry(HOSPITAL, 'organisation'), entry(APP, 'app'), entry(MARTIN, 'professional')] },
  }
  const call = (name: string, given: Record<string, unknown>): Promise<object> => {
    asked.push([name, given])
    const answer = answers[name]!
    return answer instanceof Refusal ? Promise.reject(answer) : Promise.resolve(answer)
  }
  register = new Register({ call } as unknown as Transport, { account: ANNE })
})

test('the nearest comes first, and an app is nobody to write to', async () => {
  expect((await register.find('Lyon')).map(({ id }) => id)).toEqual([MARTIN, HOSPITAL])
})

test('what is typed is asked as words without accents and capitals', async () => {
  await register.find('  Pneumologue à  ÉVRY ')
  expect(asked[0]).toMatchObject(['DirectoryEntry/query', { accountId: ANNE, filter: { text: 'pneumologue a evry' } }])
})

test.each(['', ' ', 'a', '--', '...'])('%j is not asked', async typed => {
  expect(await register.find(typed)).toEqual([])
  expect(asked).toEqual([])
})

test('more words than the relay takes are not sent', async () => {
  await register.find('a b c d e f g h i j')
  expect((asked[0]?.[1]['filter'] as { text: string }).text.split(' ')).toHaveLength(8)
})

test('nobody found is not asked about', async () => {
  answers['DirectoryEntry/query'] = { ids: [] }
  expect(await register.find('personne')).toEqual([])
  expect(asked).toHaveLength(1)
})

test('a relay that refuses is said to', async () => {
  answers['DirectoryEntry/query'] = new Refusal('rateLimit')
  await expect(register.find('Lyon')).rejects.toMatchObject({ kind: 'rateLimit' })
})

const contact = (changes: Partial<Contact>): Contact => ({ id: MARTIN, peer: MARTIN, mayWrite: true, since: '2024-03-12T09:00:00Z', blocked: false, ...changes })
test.each([
  [undefined, 'theyFirst'],
  [contact({ mayWrite: false }), 'over'],
  [contact({ blocked: true }), 'blocked'],
  [contact({}), 'theyFirst'],
])('%j: %s', (known, reason) => {
  expect(whyNot(known)).toBe(reason)
})
