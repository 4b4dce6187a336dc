/** A second device gets the keys from the first, over a relay that may do what it can. */
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { codeText, parseCode } from '../../src/crypto/code.ts'
import { b64u } from '../../src/crypto/encoding.ts'
import { newKeyPairs, publicOfSealing, SealingSeed } from '../../src/crypto/keys.ts'
import { makeGrant, makeHello, newPairing } from '../../src/crypto/pairing.ts'
import { BoxKey } from '../../src/crypto/keys.ts'
import { SYSTEM } from '../../src/crypto/randomness.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { readPairing, type PairingState } from '../../src/session/pairing.ts'
import { Browser } from '../fakes/browser.ts'
import { House } from '../fakes/house.ts'
import { ANNE } from '../fakes/letters.ts'

const PASSWORD = 'tilleul parfum juin'
const NOW = new Date('2024-03-12T09:00:00Z')

let house: House
let old: Browser
let fresh: Browser

// Passwords are stretched as in earnest: a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })
beforeAll(ready)
beforeEach(async () => {
  house = new House()
  old = new Browser(house)
  fresh = new Browser(house)
  await old.activate('anne', house.enrol(ANNE, 'anne', NOW).code, PASSWORD)
})

const state = (): PairingState => fresh.login.pairing.state.value
type Showing = Extract<PairingState, { readonly kind: 'showing' }>

async function shown(): Promise<Showing> {
  await fresh.login.pairing.begin(false)
  return state() as Showing
}

/** The new device asks the relay once more. */
async function ask(): Promise<PairingState> {
  const polls = (): number => house.asked.filter(({ path }) => path === '/auth/pairing/poll').length
  const before = polls()
  fresh.clock.pass(2000)
  await expect.poll(polls).toBeGreaterThan(before)
  return state()
}

/** The state that the next question leads to. */
async function becomes(kind: PairingState['kind']): Promise<PairingState> {
  await ask()
  await expect.poll(() => state().kind).toBe(kind)
  return state()
}

/** The person at the new device sees the digits, and says that they are the same. */
async function confirmed(): Promise<void> {
  await becomes('comparing')
  fresh.login.pairing.confirm()
}

const pairing = () => [...house.pairings.values()][0]!

test('both show the same digits, and the new device ends up with the box open and a session', async () => {
  const { address, code } = await shown()
  expect(address).toBe(`https://pli.example/#pair/${codeText(parseCode(code))}`)
  const { digits } = await old.session.pairing.find(address)
  expect(digits).toMatch(/^\d{3} \d{3}$/)
  expect(await becomes('comparing')).toEqual({ kind: 'comparing', digits, confirmed: false })
  fresh.login.pairing.confirm()
  await old.session.pairing.approve()
  await becomes('done')
  expect([fresh.session.phase.value, fresh.session.unlocked.value?.keyId]).toEqual(['in', old.session.unlocked.value?.keyId])
  expect(fresh.login.lastName()).toBe('anne')
})

test('the box key leaves only once the person has compared', async () => {
  await old.session.pairing.find((await shown()).code)
  await becomes('comparing')
  expect(pairing().grant).toBeNull()
  await old.session.pairing.refuse()
  await becomes('expired')
  await expect(old.session.pairing.approve()).rejects.toMatchObject({ kind: 'notFound' })
  expect(fresh.session.phase.value).not.toBe('in')
})

test('the new device opens nothing before its person has compared, whoever grants', async () => {
  const stranger = new Browser(house)
  const account = `a${'e'.repeat(26)}`
  await stranger.activate('eve', house.enrol(account, 'eve', NOW).code, PASSWORD)
  await stranger.session.pairing.find((await shown()).code)
  await stranger.session.pairing.approve()
  expect(await becomes('comparing')).toMatchObject({ confirmed: false })
  expect((await ask()).kind).toBe('comparing')
  expect(house.asked.map(({ path }) => path)).not.toContain('/auth/pairing/claim')
  await fresh.login.pairing.cancel()
  expect([state().kind, fresh.session.phase.value]).toEqual(['idle', 'starting'])
})

test('a word that was said of one code is not said of the next one', async () => {
  await old.session.pairing.find((await shown()).code)
  await confirmed()
  await old.session.pairing.find((await shown()).code)
  await old.session.pairing.approve()
  expect(await becomes('comparing')).toMatchObject({ confirmed: false })
})

test('a word before there is anything to compare says nothing', async () => {
  await shown()
  fresh.login.pairing.confirm()
  expect(state().kind).toBe('showing')
})

test('the old device says from where the new one asks, and at which address it should have been opened', async () => {
  const found = await old.session.pairing.find((await shown()).code)
  expect(found).toMatchObject({ network: '192.0.2.7', since: '2024-03-12T10:00:00Z', origin: 'https://pli.example' })
})

test('an approval that the relay wants confirmed is made again afterwards', async () => {
  await old.session.pairing.find((await shown()).code)
  await confirmed()
  for (const device of house.devices.values()) device.confirmed = false
  await expect(old.session.pairing.approve()).rejects.toMatchObject({ kind: 'confirmFirst' })
  await old.session.factors.confirmWithPassword(PASSWORD)
  await old.session.pairing.approve()
  await becomes('done')
})

test('the box may be written between hello and grant', async () => {
  await old.session.pairing.find((await shown()).code)
  await old.session.factors.changePassword('lavande fenêtre mai', false)
  await old.session.pairing.approve()
  await confirmed()
  await becomes('done')
})

describe('a relay', () => {
  test('that gives a key of its own is found out before anything is sealed', async () => {
    const { code } = await shown()
    const own = newPairing()
    house.spoil = (path, answer) =>
      path === '/auth/pairing/find' ? { key: b64u(publicOfSealing(own.seed).raw) } : answer
    await expect(old.session.pairing.find(code)).rejects.toMatchObject({ kind: 'CannotOpen', message: 'pairing/1' })
    expect(house.asked.map(({ path }) => path)).not.toContain('/auth/pairing/hello')
  })

  test('that says hello itself shows other digits than the person’s device', async () => {
    const { code } = await shown()
    const { digits } = await old.session.pairing.find(code)
    const { key } = pairing()
    const helping = { account: ANNE, signer: newKeyPairs().signing, key: { kind: 'SealingPublic', raw: key } as const, code: parseCode(code) }
    pairing().hello = b64u(makeHello(helping).sealed)
    const seen = await becomes('comparing')
    expect(seen).toMatchObject({ kind: 'comparing' })
    expect(seen).not.toMatchObject({ digits })
  })

  test('that puts another’s grant after the hello gives nothing', async () => {
    const { code } = await shown()
    await old.session.pairing.find(code)
    await confirmed()
    const key = { kind: 'SealingPublic', raw: pairing().key } as const
    const helping = { account: ANNE, signer: newKeyPairs().signing, key, code: parseCode(code) }
    pairing().grant = b64u(makeGrant(helping, { boxKey: new BoxKey(SYSTEM(32)), login: 'anne', version: 1 }))
    expect(await becomes('failed')).toMatchObject({ kind: 'failed', error: { kind: 'CannotOpen', message: 'pairing/3' } })
    expect(fresh.session.phase.value).not.toBe('in')
  })

  test('that puts an older box under the grant is refused', async () => {
    const older = house.person(ANNE).box
    await old.session.factors.changePassword('lavande fenêtre mai', false)
    await old.session.pairing.find((await shown()).code)
    await old.session.pairing.approve()
    await confirmed()
    house.person(ANNE).box = older
    expect(await becomes('failed')).toMatchObject({ kind: 'failed', error: { kind: 'OlderBox' } })
  })

  test('that gives tokens of another account is refused', async () => {
    const stranger = `a${'e'.repeat(26)}`
    house.enrol(stranger, 'eve', NOW)
    await old.session.pairing.find((await shown()).code)
    await old.session.pairing.approve()
    await confirmed()
    pairing().owner = stranger
    expect(await becomes('failed')).toMatchObject({ kind: 'failed', error: { kind: 'CannotOpen' } })
  })

  test('that is away for a moment is asked again', async () => {
    await shown()
    house.spoil = (path, answer) => {
      if (path === '/auth/pairing/poll') throw new TypeError('offline')
      return answer
    }
    expect((await ask()).kind).toBe('showing')
  })
})

describe('a code', () => {
  test('of a person that is mistyped, or of another relay, is refused before anything is sent', async () => {
    const { address, code } = await shown()
    house.asked.length = 0
    const typed = code.replace(/.$/, sign => (sign === '0' ? '1' : '0'))
    await expect(old.session.pairing.find(typed)).rejects.toMatchObject({ kind: 'BadCode' })
    await expect(old.session.pairing.find(address.replace('pli.example', 'evil.example'))).rejects.toMatchObject({ kind: 'BadCode' })
    expect(house.asked.map(({ path }) => path)).not.toContain('/auth/pairing/find')
  })

  test('is read from a fragment and from what people type', async () => {
    const { code } = await shown()
    const text = codeText(parseCode(code))
    expect([readPairing(`#pair/${text}`), readPairing(code.toLowerCase())]).toEqual([text, text])
  })

  test('that ran out says so, and asks no more', async () => {
    await shown()
    fresh.clock.pass(300_000)
    await expect.poll(() => state().kind).toBe('expired')
    house.asked.length = 0
    fresh.clock.pass(10_000)
    expect(house.asked.map(({ path }) => path)).not.toContain('/auth/pairing/poll')
  })

  test('that the person gave up is gone at the relay, and a new one is another', async () => {
    const first = await shown()
    const second = await shown()
    expect(second.code).not.toBe(first.code)
    await fresh.login.pairing.cancel()
    expect([state().kind, house.pairings.size]).toEqual(['idle', 0])
    await expect(old.session.pairing.find(second.code)).rejects.toMatchObject({ kind: 'notFound' })
  })
})

test('a seed that somebody else holds opens no hello', async () => {
  const { code } = await shown()
  const other = new SealingSeed(SYSTEM(32))
  const helping = { account: ANNE, signer: newKeyPairs().signing, key: publicOfSealing(other), code: parseCode(code) }
  expect(() => makeHello(helping)).toThrow('pairing/1')
})
