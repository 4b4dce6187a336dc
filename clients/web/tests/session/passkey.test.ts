/** Passkeys: one more way in, never the only one. */
import { beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { b64u } from '../../src/crypto/encoding.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { FakeAuthenticator } from '../fakes/authenticator.ts'
import { Browser } from '../fakes/browser.ts'
import { House } from '../fakes/house.ts'
import { ANNE } from '../fakes/letters.ts'

const PASSWORD = 'tilleul parfum juin'
const NOW = new Date('2024-03-12T09:00:00Z')

let house: House
let finger: FakeAuthenticator
let page: Browser

// Passwords are stretched as in earnest: a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })
beforeAll(ready)
beforeEach(async () => {
  house = new House()
  finger = new FakeAuthenticator()
  page = new Browser(house, finger)
  await page.activate('anne', house.enrol(ANNE, 'anne', NOW).code, PASSWORD)
})

test('a passkey opens the mailbox in a browser that never saw it, without a name', async () => {
  await page.session.passkeys.add('Téléphone')
  const other = new Browser(house, finger)
  await other.login.withPasskey()
  expect([other.session.phase.value, other.session.account]).toEqual(['in', ANNE])
  expect(await other.session.passkeys.list()).toMatchObject([{ name: 'Téléphone', since: '2024-03-12T10:00:00Z' }])
})

test('its secret leaves neither browser nor worker, and the caller’s copy is wiped', async () => {
  const given: Uint8Array[] = []
  const create = finger.create
  Object.assign(finger, { create: async (who: Parameters<typeof create>[0]) => {
    const made = await create(who)
    given.push(made.output)
    return made
  } })
  await page.session.passkeys.add('Clé')
  expect(given[0]).toEqual(new Uint8Array(32))
  expect(JSON.stringify(house.asked)).not.toContain(b64u(finger.passkeys[0]!.output))
})

test('a second one leaves the first one good', async () => {
  await page.session.passkeys.add('un')
  const [first] = finger.passkeys
  await page.session.passkeys.add('deux')
  finger.passkeys.pop()
  const other = new Browser(house, finger)
  await other.login.withPasskey()
  expect(finger.passkeys).toEqual([first])
  expect(other.session.phase.value).toBe('in')
})

test('one that was removed opens nothing, the other still does', async () => {
  await page.session.passkeys.add('un')
  await page.session.passkeys.add('deux')
  const [first, second] = finger.passkeys
  await page.session.passkeys.remove(b64u(second!.credential))
  const other = new Browser(house, finger)
  await expect(other.login.withPasskey()).rejects.toMatchObject({ kind: 'wrongCredentials' })
  finger.passkeys.pop()
  await other.login.withPasskey()
  expect(await page.session.passkeys.list()).toMatchObject([{ credential: b64u(first!.credential) }])
})

test('a passkey confirms the person, and opens a page that was locked', async () => {
  await page.session.passkeys.add('un')
  for (const device of house.devices.values()) device.confirmed = false
  await expect(page.session.passkeys.add('deux')).rejects.toMatchObject({ kind: 'confirmFirst' })
  finger.passkeys.pop() // the relay did not take it
  await page.session.factors.confirmWithPasskey()
  await page.session.factors.changePassword('lavande fenêtre mai', false)
  await page.session.suspend()
  await page.login.unlockWithPasskey()
  expect(page.session.phase.value).toBe('in')
})

test('somebody who says no changes nothing', async () => {
  finger.isCancelled = true
  const before = house.person(ANNE).version
  await expect(page.session.passkeys.add('un')).rejects.toMatchObject({ name: 'PasskeyFailed', reason: 'cancelled' })
  await expect(page.login.withPasskey()).rejects.toMatchObject({ reason: 'cancelled' })
  expect(house.person(ANNE).version).toBe(before)
})

test('a name can be given later; one that is not there gets none', async () => {
  await page.session.passkeys.add('un')
  const { credential } = (await page.session.passkeys.list())[0]!
  await page.session.passkeys.rename(credential, 'Clé du salon')
  await page.session.passkeys.rename('other', 'rien')
  expect(await page.session.passkeys.list()).toMatchObject([{ credential, name: 'Clé du salon' }])
})

test('a relay that lost the remembered log-in keys costs the passkey, not the account', async () => {
  await page.session.passkeys.add('un')
  house.person(ANNE).states.clear()
  const other = new Browser(house, finger)
  await other.enter('anne', PASSWORD)
  await other.session.passkeys.add('deux')
  expect(house.person(ANNE).passkeys).toEqual([b64u(finger.passkeys[1]!.credential)])
  expect((await other.session.passkeys.list()).map(({ name }) => name)).toEqual(['deux'])
})

test('a box that passkeys alone would open is refused', async () => {
  await page.session.passkeys.add('un')
  type Boxed = { readonly slots: readonly { readonly type: string }[] }
  const box = JSON.parse(new TextDecoder().decode(house.person(ANNE).box)) as Boxed
  const alone = { ...box, slots: box.slots.filter(({ type }) => type === 'passkey') }
  house.person(ANNE).box = new TextEncoder().encode(JSON.stringify(alone))
  await expect(new Browser(house, finger).login.withPasskey()).rejects.toMatchObject({ message: 'keybox/9' })
})

test('after a suspicion passkeys are gone, at the relay as well', async () => {
  await page.session.passkeys.add('un')
  await page.session.factors.kit()
  await page.session.factors.renew('lavande fenêtre mai')
  expect([house.person(ANNE).passkeys, await page.session.passkeys.list()]).toEqual([[], []])
  await expect(new Browser(house, finger).login.withPasskey()).rejects.toMatchObject({ kind: 'wrongCredentials' })
})
