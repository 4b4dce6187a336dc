/** keybox.json and login.json. */
import { beforeAll, describe, expect, test } from 'vitest'
import { utf8 } from '../../src/crypto/bytes.ts'
import { formatCode, newCode, parseCode } from '../../src/crypto/code.ts'
import { contentToJson, firstContent, rotated, sealingSeeds } from '../../src/crypto/content.ts'
import type { Json } from '../../src/crypto/encoding.ts'
import { CryptoError } from '../../src/crypto/errors.ts'
import { newBox, openAsDelegate, openBox, type OpenedBox, passwordKdfOf, renew, replace, slotIds } from '../../src/crypto/keybox.ts'
import { loadSigning, newKeyPairs, publicKeys, SealingSeed, signingPublic, SigningSeed } from '../../src/crypto/keys.ts'
import {
  letterLoginSeed,
  type Login,
  loginMessage,
  passkeyLoginSeed,
  passwordLoginSeed,
  recoveryLoginSeed,
  signLogin,
  verifyLogin,
} from '../../src/crypto/login.ts'
import { kdfFromJson, stretch } from '../../src/crypto/password.ts'
import { type SlotKey, wrapKey } from '../../src/crypto/slotkey.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { openState, sealState, stateName } from '../../src/crypto/state.ts'
import { hex, kindOf, readCases, refusalOf, unhex } from './vectors.ts'

beforeAll(ready)

type KeyGiven =
  | { readonly type: 'password'; readonly password: string }
  | { readonly type: 'letter' | 'recovery'; readonly code: string; readonly second?: string }
  | { readonly type: 'device'; readonly key: string }
  | { readonly type: 'passkey'; readonly credential: string; readonly output: string }
type Open = {
  readonly box: string
  readonly account: string
  readonly key: KeyGiven
  readonly minimumVersion?: number
  readonly expect: { readonly version: number; readonly content: Json }
}

function keyFor(key: KeyGiven, box: Uint8Array): SlotKey {
  switch (key.type) {
    case 'password':
      return { type: key.type, master: stretch(key.password, kdfFromJson(passwordKdfOf(box))) }
    case 'letter':
      return { type: key.type, code: parseCode(key.code), second: key.second === undefined ? undefined : parseCode(key.second) }
    case 'recovery':
      return { type: key.type, code: parseCode(key.code) }
    case 'passkey':
      return { type: key.type, credential: unhex(key.credential), output: unhex(key.output) }
    case 'device':
      return { type: key.type, key: unhex(key.key) }
  }
}

const open = ({ account, box, key, minimumVersion }: Open): OpenedBox =>
  openBox(utf8(box), account, keyFor(key, utf8(box)), minimumVersion)

const contentOf = ({ content, slots }: OpenedBox): Json =>
  contentToJson(
    content,
    slots.map(({ id }) => id),
  )

type Code = { readonly typed: string; readonly second?: string; readonly account: string; readonly expect: unknown }
type Delegated = Open & { readonly seeds: readonly string[]; readonly signers: readonly string[] }

const openDelegated = ({ account, box, minimumVersion, seeds, signers }: Delegated): OpenedBox =>
  openAsDelegate(
    utf8(box),
    account,
    seeds.map(seed => new SealingSeed(unhex(seed))),
    signers.map(raw => loadSigning(unhex(raw))),
    minimumVersion,
  )

const passkeyKeys = ({ output, account }: { readonly output: string; readonly account: string }): unknown => ({
  wrap: hex(wrapKey({ type: 'passkey', credential: new Uint8Array(1), output: unhex(output) }, account)),
  loginSeed: hex(passkeyLoginSeed(unhex(output)).raw),
})
type Password = { readonly password: string; readonly kdf: Json; readonly account: string; readonly expect: unknown }

function codeKeys({ typed, second: other, account }: Code): unknown {
  const code = parseCode(typed)
  const second = other === undefined ? undefined : parseCode(other)
  return {
    letterWrap: hex(wrapKey({ type: 'letter', code, second }, account)),
    recoveryWrap: hex(wrapKey({ type: 'recovery', code }, account)),
    letterLogin: hex(letterLoginSeed(code, second).raw),
    recoveryLogin: hex(recoveryLoginSeed(code).raw),
  }
}

function passwordKeys({ password, kdf, account }: Password): unknown {
  const master = stretch(password, kdfFromJson(kdf))
  return {
    master: hex(master.raw),
    wrap: hex(wrapKey({ type: 'password', master }, account)),
    loginSeed: hex(passwordLoginSeed(master).raw),
  }
}

function printed({ typed }: Code): unknown {
  const code = parseCode(typed)
  return { raw: hex(code.raw), printed: formatCode(code) }
}

const RUN: Readonly<Record<string, (given: never) => unknown>> = {
  open: (given: Open) => ({ version: open(given).version, content: contentOf(open(given)) }),
  'open-delegate': (given: Delegated) => ({ version: openDelegated(given).version, content: contentOf(openDelegated(given)) }),
  'passkey-keys': passkeyKeys,
  code: printed,
  'code-keys': codeKeys,
  'password-keys': passwordKeys,
}

describe('keybox.json', () => {
  test.each(readCases<{ readonly expect: unknown }>('keybox'))('$op: $name', async given => {
    const run = () => RUN[given.op!]!(given as never)
    if (given.refusal !== undefined) expect(await refusalOf(run)).toBe(kindOf(given.refusal))
    else expect(run()).toEqual(given.expect)
  })
})

type LoginCase = Login & {
  readonly seed: string
  readonly public: string
  readonly signature: string
  readonly expect: { readonly public: string; readonly message: string; readonly signature: string }
}
const loginOf = ({ challenge, method, origin, time }: Login): Login => ({
  challenge,
  method,
  origin,
  time,
})

describe('login.json', () => {
  const cases = readCases<LoginCase>('login')
  test.each(cases.filter(({ op }) => op === 'sign'))('sign: $name', given => {
    const seed = new SigningSeed(unhex(given.seed))
    expect(hex(signingPublic(seed).raw)).toBe(given.expect.public)
    expect(hex(loginMessage(loginOf(given)))).toBe(given.expect.message)
    expect(hex(signLogin(seed, loginOf(given)))).toBe(given.expect.signature)
    expect(verifyLogin(signingPublic(seed), unhex(given.expect.signature), loginOf(given))).toBe(true)
  })
  test.each(cases.filter(({ op }) => op === 'verify'))('verify: $name', given => {
    expect(isAccepted(given)).toBe(false)
  })
})

function isAccepted(given: LoginCase): boolean {
  try {
    return verifyLogin(loadSigning(unhex(given.public)), unhex(given.signature), loginOf(given))
  } catch (error) {
    if (error instanceof CryptoError) return false
    throw error
  }
}

const ACCOUNT = 'aaaaaaaaaaaaaaaaaaaaaaaaaaa'
const CARER = 'acccccccccccccccccccccccccc'.replace(/c$/, 'a')
const NOW = new Date('2026-11-23T15:06:55Z')

describe('a box of our own', () => {
  test('opens with each of its keys, and with the box key', () => {
    const keys: SlotKey[] = [
      { type: 'letter', code: newCode() },
      { type: 'recovery', code: newCode() },
      { type: 'device', key: unhex('07'.repeat(32)) },
    ]
    const made = newBox(ACCOUNT, firstContent(newKeyPairs(), NOW), keys)
    const opened = [...keys, made.boxKey].map(key => contentOf(openBox(made.box, ACCOUNT, key)))
    expect(new Set(opened.map(content => JSON.stringify(content))).size).toBe(1)
  })

  test('renewed at activation keeps the old seeds and shuts the letter code out', () => {
    const [letter, device]: SlotKey[] = [
      { type: 'letter', code: newCode() },
      { type: 'device', key: unhex('07'.repeat(32)) },
    ]
    const first = openBox(newBox(ACCOUNT, firstContent(newKeyPairs(), NOW), [letter!]).box, ACCOUNT, letter!)
    const next = renew(first, rotated(first.content, newKeyPairs(), NOW), [device!])
    const opened = openBox(next.box, ACCOUNT, device!, 2)
    expect(sealingSeeds(opened.content).map(({ raw }) => hex(raw))).toContain(hex(first.content.keys.sealing.raw))
    expect(() => openBox(next.box, ACCOUNT, letter!)).toThrow('keybox/2')
    expect(() => openBox(next.box, ACCOUNT, first.boxKey)).toThrow('keybox/3')
  })

  test('with a dropped slot no longer opens by it', () => {
    const [letter, device]: SlotKey[] = [
      { type: 'letter', code: newCode() },
      { type: 'device', key: unhex('07'.repeat(32)) },
    ]
    const opened = openBox(newBox(ACCOUNT, firstContent(newKeyPairs(), NOW), [letter!, device!]).box, ACCOUNT, device!)
    const dropped = opened.slots.filter(({ type }) => type === 'letter').map(({ id }) => id)
    const next = replace(opened, opened.content, { drop: dropped })
    expect(openBox(next.box, ACCOUNT, device!).version).toBe(2)
    expect(() => openBox(next.box, ACCOUNT, letter!)).toThrow('keybox/2')
  })

  test('that a passkey alone would open is not made, and not kept when its last other slot goes', () => {
    const passkey = { type: 'passkey', credential: unhex('01'), output: unhex('07'.repeat(32)) } as const
    const content = firstContent(newKeyPairs(), NOW)
    expect(() => newBox(ACCOUNT, content, [passkey])).toThrow(RangeError)
    const code = newCode()
    const opened = openBox(newBox(ACCOUNT, content, [passkey, { type: 'recovery', code }]).box, ACCOUNT, passkey)
    expect(() => replace(opened, content, { drop: slotIds(opened, 'recovery') })).toThrow(RangeError)
  })

  test('of two codes is opened by neither alone, nor the other way round', () => {
    const [code, second] = [newCode(), newCode()]
    const { box } = newBox(ACCOUNT, firstContent(newKeyPairs(), NOW), [{ type: 'letter', code, second }])
    expect(openBox(box, ACCOUNT, { type: 'letter', code, second }).version).toBe(1)
    for (const key of [{ code }, { code: second }, { code: second, second: code }])
      expect(() => openBox(box, ACCOUNT, { type: 'letter', ...key })).toThrow('keybox/2')
  })

  test('that a delegate opens is theirs alone, and signed by the account', () => {
    const [account, carer, other] = [newKeyPairs(), newKeyPairs(), newKeyPairs()]
    const delegate = { type: 'delegate', account: CARER, keys: publicKeys(carer) } as const
    const { box } = newBox(ACCOUNT, firstContent(account, NOW), [delegate])
    const signers = [signingPublic(account.signing)]
    expect(openAsDelegate(box, ACCOUNT, [other.sealing, carer.sealing], signers).version).toBe(1)
    expect(() => openAsDelegate(box, ACCOUNT, [other.sealing], signers)).toThrow('keybox/2')
    expect(() => openAsDelegate(box, ACCOUNT, [carer.sealing], [signingPublic(other.signing)])).toThrow('keybox/8')
    expect(() => openAsDelegate(box, CARER, [carer.sealing], signers)).toThrow('keybox/8')
    expect(() => openAsDelegate(box, ACCOUNT, [carer.sealing], signers, 2)).toThrow('keybox/6')
  })

  test('that a replaced key made opens for nobody, also when it stands in the line', () => {
    const [former, present, carer] = [newKeyPairs(), newKeyPairs(), newKeyPairs()]
    const delegate = { type: 'delegate', account: CARER, keys: publicKeys(carer) } as const
    // Whoever has the former key makes a whole box of its own: the slot's signer is not the content's present one.
    const signed = newBox(ACCOUNT, firstContent(former, NOW), [delegate])
    const { slots } = openBox(signed.box, ACCOUNT, signed.boxKey)
    const opened = { account: ACCOUNT, boxKey: signed.boxKey, content: firstContent(present, NOW), slots, version: 0 }
    const made = replace(opened, opened.content, {}).box
    const signers = [former, present].map(({ signing }) => signingPublic(signing))
    expect(openAsDelegate(signed.box, ACCOUNT, [carer.sealing], signers).version).toBe(1)
    expect(() => openAsDelegate(made, ACCOUNT, [carer.sealing], signers)).toThrow('keybox/8')
  })

  test('with new keys keeps no slot that the old ones signed', () => {
    const delegate = { type: 'delegate', account: CARER, keys: publicKeys(newKeyPairs()) } as const
    const code = newCode()
    const opened = openBox(
      newBox(ACCOUNT, firstContent(newKeyPairs(), NOW), [delegate, { type: 'recovery', code }]).box,
      ACCOUNT,
      { type: 'recovery', code },
    )
    const content = rotated(opened.content, newKeyPairs(), NOW)
    expect(() => replace(opened, content, { add: [delegate] })).toThrow(RangeError)
    const next = replace(opened, content, { add: [delegate], drop: slotIds(opened, 'delegate') })
    expect(openBox(next.box, ACCOUNT, { type: 'recovery', code }).slots).toHaveLength(2)
  })

  test('never shows a secret when it is printed', () => {
    const pairs = newKeyPairs()
    expect(JSON.stringify(pairs)).not.toContain(JSON.stringify([...pairs.signing.raw]).slice(1, -1))
    expect(Object.values(pairs.signing)).toEqual(['SigningSeed'])
  })
})

describe('a code', () => {
  test('of our own is read back as it is printed, and with letters that people confuse', () => {
    for (let i = 0; i < 50; i++) {
      const code = newCode()
      const typed = formatCode(code).toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l').replaceAll('-', ' ')
      expect(parseCode(typed)).toEqual(code)
      expect(formatCode(code)).toMatch(/^([0-9A-HJKMNP-TV-Z]{3}-){8}[0-9A-HJKMNP-TV-Z]{3}$/)
    }
  })
})

describe('a sealed state', () => {
  test('opens under its own label and version only, and has a name that says nothing', () => {
    const { boxKey } = newBox(ACCOUNT, firstContent(newKeyPairs(), NOW), [
      { type: 'device', key: unhex('07'.repeat(32)) },
    ])
    const sealed = sealState(boxKey, { label: 'read', version: 2 }, utf8('[]'))
    expect(openState(boxKey, { label: 'read', version: 2 }, sealed)).toEqual(utf8('[]'))
    expect(() => openState(boxKey, { label: 'record', version: 2 }, sealed)).toThrow(CryptoError)
    expect(() => openState(boxKey, { label: 'read', version: 3 }, sealed)).toThrow(CryptoError)
    expect(stateName(boxKey, 'read')).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(stateName(boxKey, 'read')).not.toBe(stateName(boxKey, 'record'))
  })
})
