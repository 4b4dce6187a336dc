/** What the page asks of WebAuthn, and what it does not take from it. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { authenticator } from '../../src/device/passkeys.ts'
import { ANNE } from '../fakes/letters.ts'

type Asked = { readonly publicKey: Readonly<Record<string, unknown>> }

const OUTPUT = new Uint8Array(32).fill(7)
const VERIFIED = 0x05
let asked: Asked[]
let flags: number
let onCreate: object
let onGet: object
let failure: Error | undefined

class FakeCredential {
  readonly rawId = new Uint8Array([1, 2, 3]).buffer
  readonly response: object
  readonly #prf: object

  constructor(prf: object, handle: string | null) {
    this.#prf = prf
    const authenticatorData = new Uint8Array(37).fill(flags, 32, 33).buffer
    this.response = { authenticatorData, userHandle: handle === null ? null : new TextEncoder().encode(handle).buffer }
  }

  getClientExtensionResults(): object {
    return { prf: this.#prf }
  }
}

let handle: string | null
const answer = (prf: () => object) => (given: Asked) => {
  asked.push(given)
  return failure === undefined ? Promise.resolve(new FakeCredential(prf(), handle)) : Promise.reject(failure)
}

beforeEach(() => {
  asked = []
  flags = VERIFIED
  handle = ANNE
  failure = undefined
  onCreate = { enabled: true }
  onGet = { results: { first: OUTPUT.slice().buffer } }
  vi.stubGlobal('location', { hostname: 'pli.example' })
  vi.stubGlobal('PublicKeyCredential', FakeCredential)
  vi.stubGlobal('navigator', { credentials: { create: answer(() => onCreate), get: answer(() => onGet) } })
})
afterEach(() => vi.unstubAllGlobals())

const create = () => authenticator.create({ account: ANNE, name: 'anne', exclude: [new Uint8Array([9])] })

test('a new passkey stays in the authenticator, checks who is there, and is asked for its output', async () => {
  expect(await create()).toEqual({ credential: new Uint8Array([1, 2, 3]), account: ANNE, output: OUTPUT })
  const [made, got] = asked.map(({ publicKey }) => publicKey)
  expect(made?.['authenticatorSelection']).toMatchObject({ residentKey: 'required', userVerification: 'required' })
  expect(made?.['user']).toMatchObject({ id: new TextEncoder().encode(ANNE) })
  expect(made?.['extensions']).toEqual({ prf: { eval: { first: new TextEncoder().encode('pli prf v1') } } })
  expect(got).toMatchObject({ userVerification: 'required', allowCredentials: [{ id: new Uint8Array([1, 2, 3]) }] })
})

test('an authenticator that gives the output at once is not asked twice', async () => {
  onCreate = { enabled: true, results: { first: OUTPUT.slice().buffer } }
  expect((await create()).output).toEqual(OUTPUT)
  expect(asked).toHaveLength(1)
})

test('who it is comes from the user handle', async () => {
  expect(await authenticator.get([])).toMatchObject({ account: ANNE })
  expect(asked[0]?.publicKey['allowCredentials']).toEqual([])
})

test.each([
  ['without a PRF', () => (onCreate = { enabled: false })],
  ['that gives no output', () => (onGet = {})],
  ['that gives a short output', () => (onGet = { results: { first: new ArrayBuffer(16) } })],
  ['that did not check who is there', () => (flags = 0x01)],
  ['that names nobody', () => (handle = null)],
  ['that is not allowed here', () => (failure = Object.assign(new Error(), { name: 'SecurityError' }))],
])('an authenticator %s is no help', async (_, spoil) => {
  spoil()
  await expect(create()).rejects.toMatchObject({ name: 'PasskeyFailed', reason: 'unsupported' })
})

test('a person who says no has said no', async () => {
  failure = Object.assign(new Error(), { name: 'NotAllowedError' })
  await expect(create()).rejects.toMatchObject({ reason: 'cancelled' })
  await expect(authenticator.get([])).rejects.toMatchObject({ reason: 'cancelled' })
})

test('a browser without WebAuthn says so', async () => {
  vi.unstubAllGlobals()
  expect(await authenticator.available()).toBe(false)
})
