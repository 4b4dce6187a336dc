/** Being told by e-mail and by pushes: what is asked of the relay, and what is not believed. */
import { expect, test } from 'vitest'
import type { Mailbox } from '../../src/session/mailbox.ts'
import { Notices, type Pushing, type PushVerification } from '../../src/session/notices.ts'
import { Transport } from '../../src/session/transport.ts'
import { VAPID } from '../../src/wire/names.ts'
import { FakeClock } from '../fakes/clock.ts'
import { EMAIL_CODE, FakeNotices, VERIFICATION } from '../fakes/notices.ts'

type Asked = { readonly methodCalls: readonly (readonly [string, object, string])[] }
const KEYS = { p256dh: 'cA', auth: 'YQ' }

class Browser implements Pushing {
  isOn = false
  says: 'yes' | 'no' = 'yes'
  hear: ((verification: PushVerification) => void) | undefined
  readonly state = () => Promise.resolve(this.isOn ? ('on' as const) : ('off' as const))
  readonly subscribe = () => Promise.resolve(this.says === 'yes' ? ((this.isOn = true), { url: 'https://push.example/1', keys: KEYS }) : undefined)
  readonly unsubscribe = () => Promise.resolve(void (this.isOn = false))
  readonly onVerification = (work: (verification: PushVerification) => void) => {
    this.hear = work
    return () => void (this.hear = undefined)
  }
}

function opened(capabilities: object = { [VAPID]: { applicationServerKey: 'a2V5' } }) {
  const [relay, clock, browser] = [new FakeNotices(), new FakeClock(), new Browser()]
  const transport = new Transport({
    origin: 'https://pli.example',
    alone: work => work(),
    fetch: (path, init) => {
      if (path === '/.well-known/jmap') return Promise.resolve(Response.json({ capabilities }))
      const { methodCalls } = JSON.parse(init.body as string) as Asked
      const methodResponses = methodCalls.map(([name, given, id]) => {
        const answer = relay.answer(name, given)
        return answer === undefined ? ['error', { type: 'wrongCode' }, id] : [name, answer, id]
      })
      return Promise.resolve(Response.json({ methodResponses }))
    },
  })
  transport.adopt({ accessToken: 't', account: 'a', expiresIn: 900 })
  const notices = new Notices(transport, { account: 'a' } as Mailbox, (after, work) => clock.later(after, work))
  return { relay, clock, browser, notices }
}
const heard = async (browser: Browser): Promise<void> => {
  for (let turn = 0; turn < 50 && browser.hear === undefined; turn++) await new Promise(resolve => setImmediate(resolve))
}

test('an address is told of nothing before its code came back', async () => {
  const { notices } = opened()
  expect((await notices.save({ email: 'anne@mail.example' })).emailState).toBe('unconfirmed')
  expect(await notices.test('email')).toBe(false)
  await expect(notices.confirm('000000')).rejects.toMatchObject({ kind: 'wrongCode' })
  expect((await notices.confirm(EMAIL_CODE)).emailState).toBe('confirmed')
  expect(await notices.test('email')).toBe(true)
})

test('a new code is asked for by giving the address anew', async () => {
  const { notices, relay } = opened()
  await notices.save({ email: 'anne@mail.example' })
  expect((await notices.sendCodeAgain('anne@mail.example')).emailState).toBe('unconfirmed')
  expect(relay.codes).toBe(2)
})

test('a relay without mail refuses an address, and nothing is changed', async () => {
  const { notices, relay } = opened()
  relay.sendsMail = false
  await expect(notices.save({ email: 'anne@mail.example' })).rejects.toMatchObject({ kind: 'forbidden' })
  expect(relay.settings.email).toBeNull()
})

test('this device is told once the pushed code went back, and no more after it was stopped', async () => {
  const { notices, relay, browser } = opened()
  const starting = notices.startPush(browser)
  await heard(browser)
  browser.hear?.({ id: 'p2', code: 'YW5vdGhlcg' }) // of another subscription
  browser.hear?.({ id: 'p1', code: VERIFICATION })
  expect(await starting).toBe(true)
  expect(await notices.pushState(browser)).toBe('on')
  await notices.stopPush(browser)
  expect([relay.subscription, browser.isOn, browser.hear]).toEqual([undefined, false, undefined])
})

test('a code that does not come leaves the device untold, and it says so', async () => {
  const { notices, clock, browser } = opened()
  const starting = notices.startPush(browser)
  await heard(browser)
  clock.pass(30_000)
  expect(await starting).toBe(false)
  expect(await notices.pushState(browser)).toBe('off')
})

test('who says no to the browser is not subscribed', async () => {
  const { notices, relay, browser } = opened()
  browser.says = 'no'
  expect(await notices.startPush(browser)).toBe(false)
  expect(relay.subscription).toBeUndefined()
})

test('a relay that pushes nothing is not subscribed to', async () => {
  const { notices, browser } = opened({})
  await expect(notices.startPush(browser)).rejects.toMatchObject({ kind: 'forbidden' })
  expect(browser.isOn).toBe(false)
})
