/** Changing what opens an account: by its owner, beside other devices and tabs, and against a relay that spoils things. */
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { b64u, unb64u } from '../../src/crypto/encoding.ts'
import { readStatement } from '../../src/crypto/transparency/statement.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { newTotpSecret } from '../../src/session/totp.ts'
import { Browser } from '../fakes/browser.ts'
import { CODE, House } from '../fakes/house.ts'
import { ANNE } from '../fakes/letters.ts'

const PASSWORD = 'tilleul parfum juin'
const OTHER = 'lavande fenêtre mai'
const NOW = new Date('2024-03-12T09:00:00Z')
const YEAR = 366 * 86_400_000

let house: House
let page: Browser
let printed: string

// Passwords are stretched as in earnest: a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })
beforeAll(ready)
beforeEach(async () => {
  house = new House()
  page = new Browser(house)
  printed = await page.activate('anne', house.enrol(ANNE, 'anne', NOW).code, PASSWORD)
})

const lastBody = (path: string): Readonly<Record<string, unknown>> => house.asked.findLast(one => one.path === path)!.body
const unconfirm = (): void => {
  for (const device of house.devices.values()) device.confirmed = false
}

/** A second tab of the same browser: the relay knows it by the same cookie. */
async function secondTab(): Promise<Browser> {
  const tab = new Browser(house, undefined, page.device, page.network)
  await tab.login.resume()
  expect(tab.session.phase.value).toBe('in')
  return tab
}

describe('the password', () => {
  test('is changed: the new one opens, the old one does not, and the keys stay', async () => {
    const { keyId, version } = page.session.unlocked.value!
    await page.session.factors.changePassword(OTHER, false)
    expect(page.session.unlocked.value).toMatchObject({ keyId, version: version + 1 })
    const other = new Browser(house)
    await expect(other.enter('anne', PASSWORD)).rejects.toMatchObject({ kind: 'wrongCredentials' })
    await other.enter('anne', OTHER)
    expect(other.session.unlocked.value?.keyId).toBe(keyId)
  })

  test('is changed only by who was there a moment ago, or says the old one again', async () => {
    unconfirm()
    const { factors } = page.session
    await expect(factors.changePassword(OTHER, false)).rejects.toMatchObject({ kind: 'confirmFirst' })
    await expect(factors.confirmWithPassword('faux')).rejects.toMatchObject({ kind: 'wrongCredentials' })
    await factors.confirmWithPassword(PASSWORD)
    await factors.changePassword(OTHER, false)
    expect(page.session.unlocked.value?.version).toBe(3)
  })

  test('a change that the relay refuses leaves the page as it was', async () => {
    unconfirm()
    const before = page.session.unlocked.value
    await expect(page.session.factors.changePassword(OTHER, false)).rejects.toMatchObject({ kind: 'confirmFirst' })
    expect(page.session.unlocked.value).toEqual(before)
    await page.session.personal.load()
  })

  test('with a weaker stretching that the relay names is not even tried', async () => {
    house.spoil = (path, answer) =>
      path === '/auth/challenge' ? { ...answer, kdf: { ...(answer.kdf as object), memory: 8192 } } : answer
    await expect(page.session.factors.confirmWithPassword(PASSWORD)).rejects.toMatchObject({ kind: 'WeakKdf' })
    expect(house.asked.map(({ path }) => path)).not.toContain('/auth/confirm')
  })

  test('ends the other devices when it is asked for', async () => {
    const other = new Browser(house)
    await other.enter('anne', PASSWORD)
    await page.session.factors.changePassword(OTHER, true)
    expect(await other.isOut()).toBe(true)
    expect(await page.session.devices.list()).toHaveLength(1)
  })
})

describe('a box that others write as well', () => {
  test('a change that another device overtook is made again on top of its own', async () => {
    const other = new Browser(house)
    await other.enter('anne', PASSWORD)
    await other.session.factors.changePassword(OTHER, false)
    const kit = await page.session.factors.kit()
    await page.session.factors.newRecoveryCode()
    const third = new Browser(house)
    await third.enter('anne', OTHER)
    expect(third.session.unlocked.value?.version).toBe(4)
    expect((await third.login.withRecovery('anne', kit.code)).account).toBe(ANNE)
  })

  test('a second tab goes on after a change, and may make one itself', async () => {
    const tab = await secondTab()
    await page.session.factors.changePassword(OTHER, false)
    await tab.session.factors.changeAuthenticator(newTotpSecret(), CODE)
    expect(tab.session.unlocked.value?.version).toBe(4)
  })

  test('a second tab whose box got a new key elsewhere is locked, and loses nothing', async () => {
    const tab = await secondTab()
    await page.session.factors.kit()
    await page.session.factors.renew(OTHER)
    await expect(tab.session.factors.changePassword('pivoine mur avril', false)).rejects.toMatchObject({ kind: 'CannotOpen' })
    expect(tab.session.phase.value).toBe('locked')
    await tab.login.unlock(OTHER)
    expect(tab.session.unlocked.value?.keyId).toBe(page.session.unlocked.value?.keyId)
  })

  test('a relay that is always faster is given up', async () => {
    house.before = path => (path === '/auth/factors' ? Promise.resolve(void (house.person(ANNE).version += 1)) : Promise.resolve())
    await expect(page.session.factors.changePassword(OTHER, false)).rejects.toMatchObject({ kind: 'stateMismatch' })
    expect(house.asked.filter(({ path }) => path === '/auth/factors')).toHaveLength(5)
  })

  test('a relay that answers a change with an older box is refused', async () => {
    const older = b64u(house.person(ANNE).box)
    await page.session.factors.changePassword(OTHER, false)
    house.person(ANNE).box = unb64u(older)
    await expect(page.session.box.refresh()).rejects.toMatchObject({ kind: 'OlderBox' })
    await expect(page.login.unlock(PASSWORD)).rejects.toMatchObject({ kind: 'OlderBox' })
  })

  test('a slot that the relay adds or brings back opens nothing', async () => {
    type Boxed = { readonly slots: readonly { readonly id: string }[]; readonly version: number }
    const read = (box: Uint8Array): Boxed => JSON.parse(new TextDecoder().decode(box)) as Boxed
    const before = read(house.person(ANNE).box)
    await page.session.factors.changePassword(OTHER, false)
    const now = read(house.person(ANNE).box)
    const slots = [...now.slots, ...before.slots.filter(({ id }) => !now.slots.some(one => one.id === id))]
    const sorted = slots.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    expect(sorted).toHaveLength(3)
    house.person(ANNE).box = new TextEncoder().encode(JSON.stringify({ ...now, slots: sorted }))
    await expect(page.session.box.refresh()).rejects.toMatchObject({ kind: 'CannotOpen' })
    await expect(page.login.unlock(OTHER)).rejects.toMatchObject({ kind: 'CannotOpen' })
  })
})

describe('the recovery code', () => {
  test('a new one ends the old one', async () => {
    const { code } = await page.session.factors.kit()
    await page.session.factors.newRecoveryCode()
    const other = new Browser(house)
    await expect(other.login.withRecovery('anne', printed)).rejects.toMatchObject({ kind: 'wrongCredentials' })
    expect((await other.login.withRecovery('anne', code)).account).toBe(ANNE)
  })

  test('nothing is sent without a code that was shown, and a code is used once', async () => {
    await expect(page.session.factors.newRecoveryCode()).rejects.toThrow('no recovery code')
    await page.session.factors.kit()
    await page.session.factors.newRecoveryCode()
    await expect(page.session.factors.newRecoveryCode()).rejects.toThrow('no recovery code')
  })

  test('never goes to the relay', async () => {
    const { code } = await page.session.factors.kit()
    await page.session.factors.newRecoveryCode()
    expect(JSON.stringify(house.asked)).not.toContain(code.replaceAll('-', ''))
    expect(JSON.stringify(house.asked)).not.toContain(code)
  })
})

test('a new authenticator app is proved by its code', async () => {
  await expect(page.session.factors.changeAuthenticator(newTotpSecret(), '000000')).rejects.toMatchObject({ kind: 'wrongCode' })
  await page.session.factors.changeAuthenticator(newTotpSecret(), CODE)
  expect(lastBody('/auth/factors')['methods']).toEqual({ passkeys: null, password: null, recovery: null })
})

describe('after a suspicion', () => {
  const renew = async (): Promise<string> => {
    const { code } = await page.session.factors.kit()
    await page.session.factors.renew(OTHER)
    return code
  }

  test('everything is new, others are out, and the statement says so', async () => {
    const before = page.session.unlocked.value!
    const other = new Browser(house)
    await other.enter('anne', PASSWORD)
    const code = await renew()
    const after = page.session.unlocked.value!
    expect(after.keyId).not.toBe(before.keyId)
    expect(after.earlier).toContain(before.keyId)
    expect(after.slots.map(({ type }) => type).sort()).toEqual(['password', 'recovery'])
    expect(readStatement(unb64u(house.person(ANNE).keys.at(-1)!.statement)).flags).toEqual(['suspected'])
    expect(await other.isOut()).toBe(true)
    expect((await new Browser(house).login.withRecovery('anne', code)).account).toBe(ANNE)
  })

  test('the mailbox goes on, and what was kept is readable under the new key alone', async () => {
    page.session.personal.setName('Anne')
    page.clock.pass(2000)
    await expect.poll(() => house.person(ANNE).states.size).toBe(1)
    const names = [...house.person(ANNE).states.keys()]
    await renew()
    expect([page.session.phase.value, page.session.personal.name.value]).toEqual(['in', 'Anne'])
    expect([...house.person(ANNE).states.keys()].filter(name => names.includes(name))).toEqual([])
    expect(house.person(ANNE).states.size).toBe(1)
  })

  test('names of people and of devices go along, and whatever else was under the old key is destroyed', async () => {
    const [device] = await page.session.devices.list()
    await page.session.devices.rename(device!.id, 'Tablette')
    await page.session.carers.rename(`a${'f'.repeat(25)}a`, 'Paul')
    await page.session.states.save('passkeys', () => ({}))
    house.person(ANNE).states.set('b'.repeat(43), { version: 7, sealed: b64u(new Uint8Array(80)) }) // of a later version of this client
    const names = [...house.person(ANNE).states.keys()]
    await renew()
    expect((await page.session.devices.list())[0]?.name).toBe('Tablette')
    const people = await page.session.states.load('people')
    expect([people, await page.session.states.load('passkeys')]).toEqual([{ [`a${'f'.repeat(25)}a`]: 'Paul' }, {}])
    expect([names.length, house.person(ANNE).states.size]).toEqual([3, 2])
    expect(names.filter(name => house.person(ANNE).states.has(name))).toEqual([])
  })

  test('what the tab kept before opens nothing, what it keeps now does', async () => {
    const kept = page.device.storedBytes!.slice()
    await renew()
    const fresh = page.device.storedBytes!.slice()
    page.device.storedBytes = kept
    const tab = new Browser(house, undefined, page.device, page.network)
    await tab.login.resume()
    expect(tab.session.phase.value).toBe('locked')
    page.device.storedBytes = fresh
    await page.device.keeping.key()
  })

  test('nothing is changed without a kit, or where the relay wants the password first', async () => {
    const before = house.person(ANNE).box
    await expect(page.session.factors.renew(OTHER)).rejects.toThrow('no recovery code')
    unconfirm()
    await page.session.factors.kit()
    await expect(page.session.factors.renew(OTHER)).rejects.toMatchObject({ kind: 'confirmFirst' })
    expect([house.person(ANNE).box, page.session.phase.value]).toEqual([before, 'in'])
  })

  test('a relay that shows another newest statement gets no keys that follow it', async () => {
    await page.session.factors.kit()
    house.spoil = (path, answer) =>
      path === '/jmap/api' ? (JSON.parse(JSON.stringify(answer).replace(/"PublicKey\/get",\{"list":\[.*?\]\}/, '"PublicKey/get",{"list":[]}')) as unknown) : answer
    await expect(page.session.factors.renew(OTHER)).rejects.toMatchObject({ kind: 'serverFail' })
    expect(house.person(ANNE).keys).toHaveLength(2)
  })
})

describe('keys in use for a year', () => {
  test('are replaced by themselves right after a log-in, under the same box key', async () => {
    const before = page.session.unlocked.value!
    const other = new Browser(house)
    other.clock.pass(YEAR)
    await other.enter('anne', PASSWORD)
    const after = other.session.unlocked.value!
    expect([after.earlier.includes(before.keyId), after.due, other.session.phase.value]).toEqual([true, false, 'in'])
    expect(house.person(ANNE).keys).toHaveLength(3)
    await page.session.box.refresh()
    expect(page.session.unlocked.value?.keyId).toBe(after.keyId)
  })

  test('are left alone on the 365th day', async () => {
    const other = new Browser(house)
    other.clock.pass(364 * 86_400_000)
    await other.enter('anne', PASSWORD)
    expect(house.person(ANNE).keys).toHaveLength(2)
  })

  test('stay where the relay wants a confirmation: the log-in goes on', async () => {
    house.before = path => {
      if (path === '/auth/factors') unconfirm()
      return Promise.resolve()
    }
    const other = new Browser(house)
    other.clock.pass(YEAR)
    await other.enter('anne', PASSWORD)
    expect([other.session.phase.value, other.session.unlocked.value?.due]).toEqual(['in', true])
  })
})

describe('devices', () => {
  test('have names that only the account’s keys make', async () => {
    const { devices } = page.session
    const [here] = await devices.list()
    await devices.rename(here!.id, 'Ordinateur de la cuisine')
    expect((await devices.list())[0]?.name).toBe('Ordinateur de la cuisine')
    expect(JSON.stringify(house.asked)).not.toContain('cuisine')
    for (const device of house.devices.values()) device.label = b64u(new Uint8Array(80))
    expect((await devices.list())[0]?.name).toBeUndefined()
  })

  test('one that the relay adds has no name, reads nothing, and can be ended', async () => {
    house.devices.set('intruder', { account: ANNE, id: `d${'z'.repeat(26)}`, confirmed: false, label: null })
    const { devices } = page.session
    const intruder = (await devices.list()).find(({ current }) => !current)
    expect(intruder?.name).toBeUndefined()
    await devices.signOut(intruder!.id)
    expect(await devices.list()).toHaveLength(1)
  })

  test('all others end at once', async () => {
    await new Browser(house).enter('anne', PASSWORD)
    await new Browser(house).enter('anne', PASSWORD)
    await page.session.devices.signOutOthers()
    expect((await page.session.devices.list()).map(({ current }) => current)).toEqual([true])
  })

  test('keep their names over a change of keys', async () => {
    const { devices, factors } = page.session
    const [here] = await devices.list()
    await devices.rename(here!.id, 'Téléphone')
    await factors.kit()
    await factors.renew(OTHER)
    expect((await devices.list())[0]?.name).toBe('Téléphone')
  })
})
