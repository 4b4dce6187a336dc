/** A hostile relay that shows keys of its own making, and a page that was just loaded: only the key box knows better. */
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { firstContent } from '../../src/crypto/content.ts'
import { newBox } from '../../src/crypto/keybox.ts'
import { type KeyPairs, newKeyPairs, publicKeys } from '../../src/crypto/keys.ts'
import { b64u, unb64u } from '../../src/crypto/encoding.ts'
import { keyId } from '../../src/crypto/hashing.ts'
import { freshKdf, stretch } from '../../src/crypto/password.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { makeStatement, readStatement, statementHash } from '../../src/crypto/statement.ts'
import { Session } from '../../src/session/session.ts'
import { Transport } from '../../src/session/transport.ts'
import type { PublicKey } from '../../src/wire/types.ts'
import { FakeClock } from '../fakes/clock.ts'
import { newDesk } from '../fakes/desk.ts'
import { FakeDevice } from '../fakes/device.ts'
import { ANNE, arrived, MARTIN } from '../fakes/letters.ts'
import { FakePresence } from '../fakes/presence.ts'
import { firstKey, FakeRelay, strangersKey } from '../fakes/relay.ts'

const NOW = new Date('2024-03-01T09:00:00Z')
const PASSWORD = 'tilleul parfum juin'

let own: KeyPairs
let doctor: KeyPairs
let ownKey: PublicKey
let doctorsKey: PublicKey
let box: Uint8Array
let relay: FakeRelay
let session: Session

beforeAll(async () => {
  await ready()
  own = newKeyPairs()
  ownKey = firstKey(ANNE, own, NOW)
  doctor = newKeyPairs()
  doctorsKey = firstKey(MARTIN, doctor, NOW)
  const content = { ...firstContent(own, NOW), pins: { [MARTIN]: b64u(statementHash(unb64u(doctorsKey.statement))) } }
  box = newBox(ANNE, content, [{ type: 'password', master: stretch(PASSWORD, freshKdf()) }]).box
})

beforeEach(() => {
  relay = new FakeRelay(box)
  relay.directory.set(ANNE, [ownKey]).set(MARTIN, [doctorsKey])
  const transport = new Transport(relay)
  transport.adopt({ accessToken: 'token', account: ANNE, expiresIn: 900 })
  const { lasting, keeping } = new FakeDevice()
  const ports = { network: relay, clock: new FakeClock(), lasting, keeping, presence: new FakePresence() }
  session = new Session(newDesk(NOW), transport, ports)
})

const open = async (): Promise<void> => session.start(await session.box.openWithPassword(ANNE, PASSWORD))
const answer = async (): Promise<unknown> => {
  await session.outbox.sendNow(session.draft(arrived(), 'Merci.', []))
  return session.outbox.letters.value[0]?.state
}

test('an answer to keys that are as the key box knows them goes out', async () => {
  await open()
  await answer()
  expect(relay.methods).toContain('SealedMessage/set')
  await session.stop(false)
})

test('a key of the relay in the place of one’s own opens nothing and gets no copy', async () => {
  relay.directory.set(ANNE, [strangersKey(ANNE, NOW)])
  await expect(open()).rejects.toMatchObject({ reason: 'ownKeyChanged' })
  expect(session.phase.value).not.toBe('in')
  expect(relay.methods).not.toContain('SealedMessage/set')
})

/** A chain that begins with a key of the relay, which then announces the real one. */
function usurped(account: string, real: KeyPairs, shown: PublicKey): PublicKey[] {
  const relays = newKeyPairs()
  const keys = publicKeys(real)
  const before = readStatement(makeStatement(account, publicKeys(relays), relays.signing, NOW).statement, publicKeys(relays))
  const { statement, signature } = makeStatement(account, keys, relays.signing, NOW, before)
  const second = { ...shown, id: keyId(keys), statement: b64u(statement), signature: b64u(signature) }
  return [firstKey(account, relays, NOW), second]
}

test('a key of the relay that claims to come before one’s own is noticed as well', async () => {
  relay.directory.set(ANNE, usurped(ANNE, own, ownKey))
  await expect(open()).rejects.toMatchObject({ reason: 'ownKeyChanged' })
})

test('a key of the relay that claims to come before the pinned one is noticed as well', async () => {
  relay.directory.set(MARTIN, usurped(MARTIN, doctor, doctorsKey))
  await open()
  expect(await answer()).toMatchObject({ kind: 'failed', error: { reason: 'senderKeyChanged' } })
  await session.stop(false)
})

test('a key of the relay in the place of a clinician’s whose pin is in the box is not sealed to', async () => {
  relay.directory.set(MARTIN, [strangersKey(MARTIN, NOW)])
  await open()
  expect(await answer()).toMatchObject({ kind: 'failed', error: { reason: 'senderKeyChanged' } })
  expect(relay.methods).not.toContain('SealedMessage/set')
  await session.stop(false)
})
