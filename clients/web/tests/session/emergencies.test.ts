/** A summary for when nobody can ask: for whom it is sealed, what is believed of it, and that it is taken back. */
import { beforeEach, expect, test } from 'vitest'
import { b64u, canonical, parseCanonical, unb64u } from '../../src/crypto/encoding.ts'
import { CryptoError } from '../../src/crypto/errors.ts'
import type { Desk } from '../../src/session/desk.ts'
import { Emergencies, SUMMARY_LENGTH, type Depositor } from '../../src/session/emergencies.ts'
import type { Transport } from '../../src/session/transport.ts'
import { isRefusal, Refusal } from '../../src/wire/errors.ts'
import type { NewEmergencyGrant } from '../../src/wire/grants.ts'
import { FakeClock } from '../fakes/clock.ts'
import { ANNE, MARTIN } from '../fakes/letters.ts'

const key = (text: string): Uint8Array => new TextEncoder().encode(text)
const [OWN, DOCTORS, STRANGER] = [key('anne'), key('doctor'), key('stranger')]
type Sealed = { readonly plaintext: string; readonly recipients: readonly string[]; readonly signer: string }
/** An envelope that anybody can look into. */
const shut = (plaintext: Uint8Array, recipients: readonly Uint8Array[], signer = OWN): Uint8Array =>
  canonical({ plaintext: b64u(plaintext), recipients: recipients.map(b64u), signer: b64u(signer) })
const look = (sealed: string): Sealed => parseCanonical(unb64u(sealed)) as Sealed

let asked: (readonly [string, Record<string, unknown>])[]
let answer: object
let emergencies: Emergencies
let refused: Refusal | undefined

beforeEach(() => {
  asked = []
  refused = undefined
  answer = { created: { page: { id: 'u' } } }
  const call = (name: string, given: Record<string, unknown>): Promise<object> => Promise.resolve(asked.push([name, given])).then(() => answer)
  const desk = {
    call: (name: string, given: unknown): Promise<unknown> => {
      if (name === 'sealLetter') {
        const { plaintext, recipients } = given as { plaintext: Uint8Array; recipients: readonly Uint8Array[] }
        return Promise.resolve(shut(plaintext, recipients))
      }
      const { plaintext, recipients, signer } = look(b64u(given as Uint8Array))
      if (!recipients.includes(b64u(OWN))) return Promise.reject(new CryptoError('CannotOpen', 'envelope'))
      return Promise.resolve({ plaintext: unb64u(plaintext), senderSigningKey: unb64u(signer) })
    },
  }
  const mailbox = {
    account: ANNE,
    ownName: () => 'Anne DURAND',
    currentKey: (account: string) => (refused === undefined ? Promise.resolve({ sealingKey: account === ANNE ? OWN : DOCTORS }) : Promise.reject(refused)),
    keysOf: () => Promise.resolve([{ signingKey: b64u(OWN) }]),
  }
  emergencies = new Emergencies(desk as unknown as Desk, { call } as unknown as Transport, new FakeClock(), mailbox as unknown as Depositor)
})

const created = (): NewEmergencyGrant => (asked[0]![1]['create'] as { page: NewEmergencyGrant }).page
const summary = { name: 'Anne DURAND', text: 'Allergie : pénicilline', v: 1, written: '2024-03-01T09:00:00Z' }
const row = (changes: object): object => ({
  id: 'u1', account: ANNE, grantee: MARTIN, from: '2024-03-01T09:00:00Z', until: '2030-03-01T09:00:00Z', createdAt: '2024-03-01T09:00:00Z',
  revoked: false, revokedAt: null, usedAt: null, sealed: b64u(shut(canonical(summary), [OWN, DOCTORS])),
  terms: b64u(shut(canonical({ name: 'Dr MARTIN' }), [OWN])), ...changes,
})

test('it is sealed for the one who was named and for oneself, and the name for oneself alone', async () => {
  await emergencies.deposit({ account: MARTIN, name: 'Dr MARTIN' }, summary.text, 90)
  const { sealed, terms, grantee } = created()
  expect([grantee, look(sealed).recipients, look(terms).recipients]).toEqual([MARTIN, [b64u(OWN), b64u(DOCTORS)], [b64u(OWN)]])
  expect(parseCanonical(unb64u(look(sealed).plaintext))).toMatchObject({ name: 'Anne DURAND', text: summary.text, v: 1 })
})

test('without a proved key of theirs nothing leaves', async () => {
  refused = new Refusal('recipientNotFound')
  await expect(emergencies.deposit({ account: MARTIN, name: 'x' }, 'x', 90)).rejects.toBe(refused)
  expect(asked).toEqual([])
})

test('a text over the limit is cut before it is sealed', async () => {
  await emergencies.deposit({ account: MARTIN, name: 'x' }, 'é'.repeat(SUMMARY_LENGTH + 1), 90)
  expect((parseCanonical(unb64u(look(created().sealed).plaintext)) as { text: string }).text).toHaveLength(SUMMARY_LENGTH)
})

test.each(['invalidProperties', 'overQuota'])('what the relay refuses is said: %s', async type => {
  answer = { notCreated: { page: { type } } }
  await expect(emergencies.deposit({ account: MARTIN, name: 'x' }, 'x', 90)).rejects.toSatisfy(error => isRefusal(error) && error.kind === type)
})

test('what was left is read again; what others left with this account is not among it', async () => {
  answer = { list: [row({}), row({ id: 'u2', account: MARTIN, grantee: ANNE })] }
  expect(await emergencies.given()).toMatchObject([{ id: 'u1', name: 'Dr MARTIN', text: summary.text, standing: true }])
})

test.each([
  ['signed by somebody else', { sealed: b64u(shut(canonical(summary), [OWN], STRANGER)) }],
  ['for other keys', { sealed: b64u(shut(canonical(summary), [STRANGER])) }],
  ['of another form', { sealed: b64u(shut(canonical(['x']), [OWN])) }],
  ['taken back', { sealed: null, revoked: true, revokedAt: '2024-03-01T10:00:00Z' }],
])('a summary %s shows no text', async (_, changes) => {
  answer = { list: [row(changes)] }
  expect((await emergencies.given())[0]?.text).toBe('')
})

test('taking it back names it alone', async () => {
  answer = { updated: { u1: null } }
  await emergencies.takeBack('u1')
  expect(asked).toEqual([['EmergencyGrant/set', { accountId: ANNE, update: { u1: { revoked: true } } }]])
})

test('one that is over cannot be taken back, and it is said', async () => {
  answer = { notUpdated: { u1: { type: 'forbidden' } } }
  await expect(emergencies.takeBack('u1')).rejects.toBeInstanceOf(Error)
})
