/** From a letter to an account, and back into it with the printed code. */
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Code, formatCode, newCode } from '../../src/crypto/code.ts'
import { b64u } from '../../src/crypto/encoding.ts'
import { sha256 } from '../../src/crypto/hashing.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { drawGroups, groupFits } from '../../src/session/kit.ts'
import { newTotpSecret } from '../../src/session/totp.ts'
import { FakeAuthenticator } from '../fakes/authenticator.ts'
import { Browser } from '../fakes/browser.ts'
import { CODE, House } from '../fakes/house.ts'
import { policyOf } from '../fakes/keylog.ts'
import { ANNE } from '../fakes/letters.ts'

const PASSWORD = 'tilleul parfum juin'
const OTHER = 'lavande fenêtre mai'
const NOW = new Date('2024-03-12T09:00:00Z')

let house: House
let page: Browser
let letter: Code

// Passwords are stretched as in earnest: a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })
beforeAll(ready)
beforeEach(() => {
  house = new House()
  letter = house.enrol(ANNE, 'anne', NOW).code
  page = new Browser(house)
})

describe('activation', () => {
  test('opens the mailbox, and gives the relay the key of the code that was printed', async () => {
    const code = await page.activate('anne', letter, PASSWORD)
    expect(page.session.phase.value).toBe('in')
    expect(page.session.unlocked.value?.slots.map(({ type }) => type).sort()).toEqual(['password', 'recovery'])
    const ticket = await new Browser(house).login.withRecovery('anne', code)
    expect(ticket.account).toBe(ANNE)
  })

  test('keeps the new box in this browser: an empty mailbox opens again while the relay is away', async () => {
    await page.activate('anne', letter, PASSWORD)
    await vi.waitFor(() => expect([...page.device.sealed.keys()]).toContain(`${ANNE} box`))
  })

  test('puts what it verified of the key log into the very box that it sends', async () => {
    house.isFull = true
    await page.activate('anne', letter, PASSWORD)
    const { root, size } = house.log.head(1)
    const policy = b64u(sha256(house.log.policy))
    expect(page.session.unlocked.value?.lastCheckpoint).toEqual({ policy, root, size })
    const other = new Browser(house)
    house.policy = () => policyOf(house.log.logKeys, [])
    await other.enter('anne', PASSWORD)
    expect(other.session.directory.value).toBe('policyChanged')
  })

  test.each([
    ['staleCheckpoint', () => (house.checkpoint = () => house.log.checkpoint(new Date('2024-03-01T09:00:00Z')))],
    ['badCheckpoint', () => (house.checkpoint = () => house.log.checkpoint(house.now(), 1, house.log.logKeys))],
    ['badCheckpoint', () => (house.policy = () => new Uint8Array([0xff]))],
    ['badCheckpoint', () => (house.checkpoint = () => '')],
  ] as const)('sends nothing by a log that is not believed: %s', async (reason, spoil) => {
    spoil()
    await expect(page.activate('anne', letter, PASSWORD)).rejects.toMatchObject({ reason })
    expect(house.asked.map(({ path }) => path)).not.toContain('/auth/activate')
  })

  test('without a kit sends nothing: nobody is left without a way back', async () => {
    const ticket = await page.login.withLetter('anne', formatCode(letter))
    await expect(page.login.activate(ticket, PASSWORD, newTotpSecret(), CODE)).rejects.toThrow('no recovery code')
    expect(house.asked.map(({ path }) => path)).not.toContain('/auth/activate')
  })

  test('with two codes needs both', async () => {
    const second = newCode()
    const both = house.enrol(ANNE, 'anne', NOW, second).code
    await expect(page.login.withLetter('anne', formatCode(both))).rejects.toMatchObject({ kind: 'wrongCredentials' })
    await expect(page.login.withLetter('anne', formatCode(second), formatCode(both))).rejects.toMatchObject({ kind: 'wrongCredentials' })
    await page.activate('anne', both, PASSWORD, second)
    expect(page.session.phase.value).toBe('in')
  })

  test('goes on after a wrong digit and after a ticket that ran out, with the same printed code', async () => {
    const ticket = await page.login.withLetter('anne', formatCode(letter))
    const { code } = await page.login.kit('anne')
    await expect(page.login.activate(ticket, PASSWORD, newTotpSecret(), '000000')).rejects.toMatchObject({ kind: 'wrongCode' })
    house.expireTickets()
    await page.login.activate(ticket, PASSWORD, newTotpSecret(), CODE)
    expect((await new Browser(house).login.withRecovery('anne', code)).account).toBe(ANNE)
  })

  test('refuses a first statement that is not the one of the letter’s keys', async () => {
    const stranger = house.enrol(`a${'e'.repeat(26)}`, 'eve', NOW)
    expect(stranger.keys).toBeDefined()
    house.spoil = (path, answer) =>
      path === '/auth/box' ? { ...answer, statement: house.person(`a${'e'.repeat(26)}`).keys[0]!.statement } : answer
    await expect(page.activate('anne', letter, PASSWORD)).rejects.toMatchObject({ kind: 'BadStatement' })
  })

  test('a code that was mistyped is found out before anything is sent', async () => {
    const typed = formatCode(letter).replace(/^./, sign => (sign === 'A' ? 'B' : 'A'))
    await expect(page.login.withLetter('anne', typed)).rejects.toMatchObject({ kind: 'BadCode' })
    expect(house.asked).toEqual([])
  })
})

describe('recovery', () => {
  let printed: string

  beforeEach(async () => {
    printed = await page.activate('anne', letter, PASSWORD)
  })

  const recover = async (browser: Browser, code: string, password: string): Promise<string> => {
    const ticket = await browser.login.withRecovery('anne', code)
    const kit = await browser.login.kit('anne')
    await browser.login.recover(ticket, password, newTotpSecret(), CODE)
    return kit.code
  }

  test('opens the same keys under a new password and a new code, and ends the old ones', async () => {
    const keyId = page.session.unlocked.value?.keyId
    const other = new Browser(house)
    const fresh = await recover(other, printed, OTHER)
    expect([other.session.phase.value, other.session.unlocked.value?.keyId]).toEqual(['in', keyId])
    const third = new Browser(house)
    await expect(third.login.withPassword('anne', PASSWORD)).rejects.toMatchObject({ kind: 'wrongCredentials' })
    await expect(third.login.withRecovery('anne', printed)).rejects.toMatchObject({ kind: 'wrongCredentials' })
    expect((await third.login.withRecovery('anne', fresh)).account).toBe(ANNE)
    await third.enter('anne', OTHER)
    expect(third.session.phase.value).toBe('in')
  })

  test('ends every passkey, at the relay and in the box: a thief may have made one', async () => {
    const authenticator = new FakeAuthenticator()
    const thief = new Browser(house, authenticator)
    await thief.enter('anne', PASSWORD)
    await thief.session.passkeys.add('à moi')
    const other = new Browser(house)
    await recover(other, printed, OTHER)
    expect(other.session.unlocked.value?.slots.map(({ type }) => type).sort()).toEqual(['password', 'recovery'])
    await expect(new Browser(house, authenticator).login.withPasskey()).rejects.toMatchObject({ kind: 'wrongCredentials' })
  })

  test('asks to look at who may open the mailbox, over a reload too, until the person did', async () => {
    const carer = `a${'f'.repeat(25)}a`
    await new Browser(house).activate('paul', house.enrol(carer, 'paul', NOW).code, PASSWORD)
    await page.session.carers.add(carer, 'Paul')
    const other = new Browser(house)
    await recover(other, printed, OTHER)
    expect([other.session.carers.review.value, other.session.carers.carers.value.length]).toEqual([true, 1])
    const tab = new Browser(house, undefined, other.device, other.network)
    await tab.login.resume()
    expect(tab.session.carers.review.value).toBe(true)
    tab.session.carers.reviewed()
    await tab.session.begin(tab.session.unlocked.value!)
    expect(tab.session.carers.review.value).toBe(false)
  })

  test('asks nobody to look where nobody else may open the mailbox', async () => {
    const other = new Browser(house)
    await recover(other, printed, OTHER)
    expect(other.session.carers.review.value).toBe(false)
  })

  test('ends every other device', async () => {
    await recover(new Browser(house), printed, OTHER)
    expect(await page.isOut()).toBe(true)
  })

  test('after a box that another device wrote meanwhile begins again by itself', async () => {
    const other = new Browser(house)
    const ticket = await other.login.withRecovery('anne', printed)
    await page.session.factors.changePassword('pivoine mur avril', false)
    await other.login.kit('anne')
    await other.login.recover(ticket, OTHER, newTotpSecret(), CODE)
    expect(other.session.phase.value).toBe('in')
  })

  test('refuses an older box than this browser has seen', async () => {
    const older = b64u(house.person(ANNE).box)
    await page.session.factors.changePassword(OTHER, false)
    house.spoil = (path, answer) => (path === '/auth/box' ? { ...answer, box: older } : answer)
    await expect(page.login.withRecovery('anne', printed)).rejects.toMatchObject({ kind: 'OlderBox' })
  })

  test('with another code is refused by the relay, with a mistyped one before it is asked', async () => {
    house.asked.length = 0
    await expect(page.login.withRecovery('anne', 'ABC')).rejects.toMatchObject({ kind: 'BadCode' })
    expect(house.asked.map(({ path }) => path)).not.toContain('/auth/challenge')
    await expect(page.login.withRecovery('anne', formatCode(newCode()))).rejects.toMatchObject({ kind: 'wrongCredentials' })
  })

  test('leaves no code in the worker when the person leaves midway', async () => {
    const ticket = await page.login.withRecovery('anne', printed)
    await page.login.kit('anne')
    await page.login.abandonKit()
    await expect(page.login.recover(ticket, OTHER, newTotpSecret(), CODE)).rejects.toThrow('no recovery code')
  })
})

describe('the kit', () => {
  test('asks for two different groups, in their order', () => {
    for (let at = 0; at < 81; at++) {
      const numbers = [(at % 9) / 9, Math.floor(at / 9) / 9]
      const [first, second] = drawGroups(() => numbers.shift()!)
      expect(first >= 0 && first < second && second < 9).toBe(true)
    }
  })

  test('takes what people type for what is printed, and nothing else', () => {
    const code = 'A01-B1C-000-111-222-333-444-555-66Z'
    expect([groupFits(code, 0, 'ao1'), groupFits(code, 0, ' aOl '), groupFits(code, 8, '66z')]).toEqual([true, true, true])
    expect([groupFits(code, 0, ''), groupFits(code, 0, 'B1C'), groupFits(code, 9, '')]).toEqual([false, false, false])
  })
})
