/** A mother opens her child's mailbox with her own keys; another carer joins and leaves; the relay can add nobody. */
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Code, formatCode } from '../../src/crypto/code.ts'
import { b64u, canonical, type JsonObject, parseCanonical } from '../../src/crypto/encoding.ts'
import { seal } from '../../src/crypto/envelope.ts'
import { sha256 } from '../../src/crypto/hashing.ts'
import { newKeyPairs, publicKeys } from '../../src/crypto/keys.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { Browser } from '../fakes/browser.ts'
import { House } from '../fakes/house.ts'
import { ANNE } from '../fakes/letters.ts'

const CHILD = `a${'c'.repeat(25)}a`
const FATHER = `a${'f'.repeat(25)}a`
const PASSWORD = 'tilleul parfum juin'
const NOW = new Date('2024-03-12T09:00:00Z')

let house: House
let mother: Browser
let childCode: Code

// Passwords are stretched as in earnest: a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })
beforeAll(ready)
beforeEach(async () => {
  house = new House()
  mother = new Browser(house)
  await mother.activate('anne', house.enrol(ANNE, 'anne', NOW).code, PASSWORD)
  childCode = house.enrol(CHILD, 'lou', NOW).code
})

async function adopt(): Promise<string> {
  const letter = await mother.session.carers.withLetter('lou', formatCode(childCode))
  const { code } = await mother.session.factors.kit()
  await mother.session.carers.adopt(letter, 'Lou')
  return code
}

async function father(): Promise<Browser> {
  const browser = new Browser(house)
  await browser.activate('paul', house.enrol(FATHER, 'paul', NOW).code, PASSWORD)
  return browser
}

const unconfirm = (): void => {
  for (const device of house.devices.values()) device.confirmed = false
}

describe('adopting', () => {
  test('leaves one’s own mailbox open, and lists the child by its name', async () => {
    await adopt()
    expect(mother.session.carers.held.value).toMatchObject([{ account: CHILD, name: 'Lou' }])
    expect([mother.session.account, mother.session.acting.value]).toEqual([ANNE, false])
    expect([...house.person(CHILD).logins.keys()]).toEqual(['recovery'])
  })

  test('makes new keys: the letter’s code opens nothing that comes later', async () => {
    await adopt()
    expect(house.person(CHILD).keys).toHaveLength(2)
    await expect(mother.session.carers.withLetter('lou', formatCode(childCode))).rejects.toMatchObject({ kind: 'wrongCredentials' })
  })

  test('puts what was verified of the key log into the very first box', async () => {
    await adopt()
    house.isFull = true
    await mother.session.carers.open(CHILD)
    expect(mother.session.unlocked.value?.lastCheckpoint).toMatchObject({ policy: b64u(sha256(house.log.policy)), size: 3 })
  })

  test('sends nothing by a log that is not believed', async () => {
    const letter = await mother.session.carers.withLetter('lou', formatCode(childCode))
    await mother.session.factors.kit()
    house.now = () => new Date('2024-03-01T09:00:00Z')
    await expect(mother.session.carers.adopt(letter, 'Lou')).rejects.toMatchObject({ reason: 'staleCheckpoint' })
    expect(house.asked.map(({ path }) => path)).not.toContain('/auth/adopt')
  })

  test('without a kit, or unconfirmed, is refused and changes nothing', async () => {
    const letter = await mother.session.carers.withLetter('lou', formatCode(childCode))
    await expect(mother.session.carers.adopt(letter, 'Lou')).rejects.toThrow('no recovery code')
    unconfirm()
    await mother.session.factors.kit()
    await expect(mother.session.carers.adopt(letter, 'Lou')).rejects.toMatchObject({ kind: 'confirmFirst' })
    expect(house.person(CHILD).version).toBe(1)
  })
})

describe('the child’s mailbox', () => {
  test('opens by the mother’s keys and closes again', async () => {
    await adopt()
    const own = mother.session.unlocked.value?.keyId
    await mother.session.carers.open(CHILD)
    expect([mother.session.account, mother.session.ownAccount, mother.session.acting.value]).toEqual([CHILD, ANNE, true])
    expect(mother.session.unlocked.value?.keyId).toBe(house.person(CHILD).keys.at(-1)?.id)
    await mother.session.carers.back()
    expect([mother.session.account, mother.session.unlocked.value?.keyId]).toEqual([ANNE, own])
  })

  test('is not what a reload opens: the tab kept the mother’s key alone', async () => {
    await adopt()
    await mother.session.carers.open(CHILD)
    const tab = new Browser(house, undefined, mother.device, mother.network)
    await tab.login.resume()
    expect([tab.session.phase.value, tab.session.account]).toEqual(['in', ANNE])
  })

  test('opens after the mother’s own keys were renewed', async () => {
    await adopt()
    await mother.session.factors.kit()
    await mother.session.factors.renew('lavande fenêtre mai')
    await mother.session.carers.open(CHILD)
    expect(mother.session.account).toBe(CHILD)
  })

  test('an older box of it is refused, also after a log-out', async () => {
    await adopt()
    const [older, version] = [house.person(CHILD).box, house.person(CHILD).version]
    await mother.session.carers.open(CHILD)
    await mother.session.factors.kit()
    await mother.session.factors.newRecoveryCode()
    await mother.login.leave()
    Object.assign(house.person(CHILD), { box: older, version })
    await mother.enter('anne', PASSWORD)
    await expect(mother.session.carers.open(CHILD)).rejects.toMatchObject({ kind: 'OlderBox' })
    expect(mother.session.account).toBe(ANNE)
  })

  test('keys of a year are replaced when it is opened, and it opens again', async () => {
    await adopt()
    const later = new Browser(house)
    later.clock.pass(366 * 86_400_000)
    house.now = later.clock.now
    await later.enter('anne', PASSWORD)
    await later.session.carers.open(CHILD)
    expect(house.person(CHILD).keys).toHaveLength(3)
    await later.session.carers.back()
    await later.session.carers.open(CHILD)
    expect([later.session.account, later.session.unlocked.value?.due]).toEqual([CHILD, false])
  })

  test('that the relay gives away by a delegation of its own opens for nobody', async () => {
    await adopt()
    const eve = await father()
    house.delegate(CHILD, FATHER)
    await eve.session.carers.load()
    await expect(eve.session.carers.open(CHILD)).rejects.toMatchObject({ kind: 'CannotOpen', message: 'keybox/2' })
    expect([eve.session.account, eve.session.phase.value]).toEqual([FATHER, 'in'])
    await mother.session.carers.open(CHILD)
    await mother.session.carers.load()
    expect(mother.session.carers.carers.value).toContainEqual(expect.objectContaining({ account: FATHER, hasKey: false }))
  })

  test('with a slot that the relay made opens for nobody: no key of the child signed it', async () => {
    await adopt()
    type Boxed = JsonObject & { readonly slots: readonly JsonObject[] }
    const box = parseCanonical(house.person(CHILD).box) as Boxed
    const slot = box.slots.find(({ type }) => type === 'delegate')!
    const bound = [CHILD, 'delegate', slot['id']!, slot['since']!, slot['kdf']!]
    const said = canonical({ boxKey: b64u(new Uint8Array(32)), for: bound, v: 1 })
    const to = publicKeys(newKeyPairs()).sealing
    const { publicKeys: own } = mother.session.unlocked.value!
    const wrapped = seal(said, newKeyPairs().signing, [{ ...to, raw: own.sealingKey }])
    const slots = box.slots.map(one => (one === slot ? { ...one, wrapped: b64u(wrapped) } : one))
    house.person(CHILD).box = canonical({ ...box, slots })
    await expect(mother.session.carers.open(CHILD)).rejects.toMatchObject({ kind: 'CannotOpen', message: 'keybox/8' })
  })

  test('is left when the delegation ends meanwhile', async () => {
    await adopt()
    await mother.session.carers.open(CHILD)
    house.delegations.clear()
    await mother.session.look()
    await expect.poll(() => mother.session.acting.value).toBe(false)
    expect([mother.session.phase.value, mother.session.account]).toEqual(['in', ANNE])
  })
})

describe('another carer', () => {
  let paul: Browser

  beforeEach(async () => {
    await adopt()
    paul = await father()
    await mother.session.carers.open(CHILD)
  })

  const add = async (): Promise<void> => {
    const { fingerprint } = await mother.session.carers.find(FATHER)
    expect(fingerprint.replaceAll(' ', '')).toBe(house.person(FATHER).keys.at(-1)?.id)
    await mother.session.carers.add(FATHER, 'Paul')
  }

  test('opens the mailbox from then on', async () => {
    await add()
    await paul.session.carers.load()
    expect(paul.session.carers.held.value).toMatchObject([{ account: CHILD }])
    await paul.session.carers.open(CHILD)
    expect(paul.session.unlocked.value?.keyId).toBe(mother.session.unlocked.value?.keyId)
    expect(mother.session.carers.carers.value).toMatchObject([
      { account: ANNE, hasKey: true, listed: true },
      { account: FATHER, hasKey: true, listed: true, name: 'Paul' },
    ])
  })

  test('is added only by who confirmed, and only once known', async () => {
    unconfirm()
    await expect(mother.session.carers.add(FATHER, 'Paul')).rejects.toMatchObject({ kind: 'confirmFirst' })
    await expect(mother.session.carers.find(`a${'z'.repeat(25)}a`)).rejects.toMatchObject({ kind: 'recipientNotFound' })
    await expect(mother.session.carers.find('Paul')).rejects.toMatchObject({ kind: 'recipientNotFound' })
    expect(house.person(CHILD).version).toBe(2)
  })

  test('whose delegation ends knows nothing that comes later, and the mother’s slot is made anew', async () => {
    await add()
    const before = mother.session.unlocked.value?.keyId
    const { code } = await mother.session.factors.kit()
    await mother.session.carers.end(FATHER)
    expect(mother.session.unlocked.value?.keyId).not.toBe(before)
    expect(mother.session.carers.carers.value).toMatchObject([{ account: ANNE }])
    await expect(paul.session.carers.open(CHILD)).rejects.toThrow()
    house.delegate(CHILD, FATHER) // the relay brings it back: the box has no slot for it
    await expect(paul.session.carers.open(CHILD)).rejects.toMatchObject({ message: 'keybox/2' })
    await mother.session.carers.back()
    await mother.session.carers.open(CHILD)
    expect((await new Browser(house).login.withRecovery('lou', code)).account).toBe(CHILD)
  })

  test('who gives up is shown until the keys are renewed', async () => {
    await add()
    await paul.session.carers.load()
    await paul.session.carers.giveUp(CHILD)
    expect(paul.session.carers.held.value).toEqual([])
    await mother.session.carers.load()
    expect(mother.session.carers.carers.value).toContainEqual(expect.objectContaining({ account: FATHER, hasKey: true, listed: false }))
    await mother.session.factors.kit()
    await mother.session.carers.end(FATHER)
    expect(mother.session.carers.carers.value.map(({ account }) => account)).toEqual([ANNE])
  })

  test('who gave up is sealed nothing new by a renewal', async () => {
    await add()
    await paul.session.carers.giveUp(CHILD)
    await mother.session.factors.kit()
    await mother.session.carers.end(`a${'z'.repeat(25)}a`) // keys are renewed for another reason
    house.delegate(CHILD, FATHER) // the relay brings him back
    await expect(paul.session.carers.open(CHILD)).rejects.toMatchObject({ message: 'keybox/2' })
    expect(mother.session.unlocked.value?.slots.flatMap(({ account }) => account ?? [])).toEqual([ANNE])
  })

  test('who gave up is sealed nothing new by the rotation of a year', async () => {
    await add()
    await paul.session.carers.giveUp(CHILD)
    const later = new Browser(house)
    later.clock.pass(366 * 86_400_000)
    house.now = later.clock.now
    await later.enter('anne', PASSWORD)
    await later.session.carers.open(CHILD)
    expect(house.person(CHILD).keys).toHaveLength(3)
    expect(later.session.unlocked.value?.slots.flatMap(({ account }) => account ?? [])).toEqual([ANNE])
  })

  test('is added to somebody who has a password by that person alone', async () => {
    await mother.session.carers.back()
    await mother.session.carers.add(FATHER, 'Paul')
    await paul.session.carers.open(ANNE)
    const count = house.delegations.size
    await expect(paul.session.carers.add(CHILD, 'Lou')).rejects.toMatchObject({ kind: 'forbidden' })
    expect(house.delegations.size).toBe(count)
  })

  test('an end without a kit renews nothing', async () => {
    await add()
    const before = house.person(CHILD).version
    await expect(mother.session.carers.end(FATHER)).rejects.toThrow('no recovery code')
    expect(house.person(CHILD).version).toBe(before)
  })

  test('of somebody who has a password is ended by that person alone', async () => {
    await mother.session.carers.back()
    await mother.session.carers.add(FATHER, 'Paul')
    await paul.session.carers.open(ANNE)
    const [before, count] = [house.person(ANNE).version, house.delegations.size]
    await paul.session.factors.kit()
    await expect(paul.session.carers.end(FATHER)).rejects.toMatchObject({ kind: 'forbidden' })
    expect([house.person(ANNE).version, house.delegations.size]).toEqual([before, count])
    await mother.session.factors.kit()
    await mother.session.carers.end(FATHER, PASSWORD)
    expect(mother.session.unlocked.value?.slots.map(({ type }) => type).sort()).toEqual(['password', 'recovery'])
  })

  test('devices and passkeys are not to be had in somebody else’s name', async () => {
    await expect(mother.session.devices.list()).rejects.toMatchObject({ kind: 'forbidden' })
    await expect(mother.session.passkeys.add('un')).rejects.toMatchObject({ kind: 'forbidden' })
  })
})
