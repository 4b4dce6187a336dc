/** The signed catalogue: pinned at first sight, never an older one, never another authority's; and what a consent page believes. */
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { labelled } from '../../src/crypto/bytes.ts'
import { b64u, canonical, type Json } from '../../src/crypto/encoding.ts'
import { newKeyPairs, sign, signingPublic, type SigningSeed } from '../../src/crypto/keys.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { asked, refusal } from '../../src/pages/consentquery.ts'
import { Catalogues } from '../../src/session/catalogue.ts'
import type { Mailbox } from '../../src/session/mailbox.ts'
import type { Transport } from '../../src/session/transport.ts'
import { Refusal } from '../../src/wire/errors.ts'
import { ACCOUNT } from '../../src/wire/names.ts'
import { FakeClock } from '../fakes/clock.ts'
import { newDesk } from '../fakes/desk.ts'
import { ANNE } from '../fakes/letters.ts'

const APP = {
  account: ANNE, name: { fr: 'Carnet', en: 'Diary' }, publisher: 'Example SAS', purpose: { fr: 'Suivre', en: 'Follow' },
  scopes: ['letters.send', 'record.read'] as const, website: 'https://app.example/',
  redirectUris: ['https://app.example/back'], certifiedUntil: '2025-01-01T00:00:00Z',
}
const listOf = (version: number, more: object = {}) => ({
  version, issuedAt: '2024-01-01T00:00:00Z', validUntil: '2025-01-01T00:00:00Z', authority: 'ANS', apps: [APP], ...more,
})
let authority: SigningSeed
let kept: Json | undefined
let shown: (() => object) | undefined
let announced: readonly string[]
let catalogues: Catalogues

const keyOf = (seed: SigningSeed): string => b64u(signingPublic(seed).raw)
function signed(value: object, by = authority): object {
  const raw = canonical(value as Json)
  return { catalogue: b64u(raw), signature: b64u(sign(labelled('pli catalogue v1', raw), by)), key: keyOf(by) }
}

beforeAll(() => ready())
beforeEach(() => {
  authority = newKeyPairs().signing
  kept = undefined
  announced = [keyOf(authority)]
  shown = () => signed(listOf(1))
  const transport = {
    show: () => (shown === undefined ? Promise.reject(new Refusal('notFound')) : Promise.resolve(new TextEncoder().encode(JSON.stringify(shown())))),
    capabilities: () => Promise.resolve({ [ACCOUNT]: { catalogueKeys: announced } }),
  }
  const states = {
    load: () => Promise.resolve(kept),
    save: (_: string, merge: (there: Json | undefined) => Json) => Promise.resolve(void (kept = merge(kept))),
  }
  const mailbox = { account: ANNE, states } as unknown as Mailbox
  catalogues = new Catalogues(newDesk(new FakeClock().now), transport as unknown as Transport, mailbox)
})

test('it is read, and whoever signed it first is kept', async () => {
  expect((await catalogues.read())?.apps[0]?.name.fr).toBe('Carnet')
  expect(kept).toEqual({ keys: announced, version: 1 })
})

test('a relay without one has none', async () => {
  shown = undefined
  expect(await catalogues.read()).toBeUndefined()
})

test('another authority than the first is a stop, whatever the relay announces by then', async () => {
  await catalogues.read()
  const other = newKeyPairs().signing
  announced = [keyOf(other)]
  shown = () => signed(listOf(2), other)
  await expect(catalogues.read()).rejects.toMatchObject({ reason: 'keyChanged' })
  expect(kept).toMatchObject({ version: 1 })
})

test('an older one than was seen is not shown', async () => {
  shown = () => signed(listOf(3))
  await catalogues.read()
  shown = () => signed(listOf(2))
  await expect(catalogues.read()).rejects.toMatchObject({ reason: 'older' })
})

test.each([
  ['changed after it was signed', () => ({ ...signed(listOf(1)), catalogue: b64u(canonical(listOf(2) as unknown as Json)) })],
  ['signed by nobody who is announced', () => signed(listOf(1), newKeyPairs().signing)],
  ['of another shape', () => signed(listOf(1, { more: 1 }))],
  ['with a scope that there is not', () => signed(listOf(1, { apps: [{ ...APP, scopes: ['keys.read'] }] }))],
  ['without a signature', () => ({ ...signed(listOf(1)), signature: '' })],
  ['with a site that is a script', () => signed(listOf(1, { apps: [{ ...APP, website: 'javascript:alert(1)' }] }))],
])('one that is %s is not shown', async (_, spoilt) => {
  shown = spoilt
  await expect(catalogues.read()).rejects.toMatchObject({ reason: 'notSigned' })
  expect(kept).toBeUndefined()
})

const QUERY = {
  response_type: 'code', client_id: ANNE, redirect_uri: 'https://app.example/back', scope: 'record.read letters.send',
  state: 's 1', code_challenge: 'a'.repeat(43), code_challenge_method: 'S256',
}

test('what an app asks is read, and a no goes back to it', () => {
  const request = asked(QUERY, [APP])!
  expect(request.scopes).toEqual(['letters.send', 'record.read'])
  expect(refusal(request, 'https://pli.example')).toBe(
    'https://app.example/back?error=access_denied&iss=https%3A%2F%2Fpli.example&state=s+1',
  )
})

test.each([
  { client_id: 'another' },
  { redirect_uri: 'https://app.example/back/' },
  { redirect_uri: 'https://evil.example/' },
  { scope: 'agenda.read' },
  { scope: 'record.read keys.read' },
  { scope: '' },
  { code_challenge: '' },
  { code_challenge_method: 'plain' },
  { response_type: 'token' },
])('%o is not believed', wrong => {
  expect(asked({ ...QUERY, ...wrong }, [APP])).toBeUndefined()
})
