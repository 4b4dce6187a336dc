/** pairing.json, and both sides of a pairing without a relay. */
import { beforeAll, describe, expect, test } from 'vitest'
import { utf8 } from '../../src/crypto/bytes.ts'
import { type Code, codeText, parseCode } from '../../src/crypto/code.ts'
import { contentToJson } from '../../src/crypto/content.ts'
import { BoxKey, loadSigning, newKeyPairs, publicOfSealing, SealingSeed, signingPublic, SigningSeed } from '../../src/crypto/keys.ts'
import {
  digits,
  type Helping,
  makeGrant,
  makeHello,
  newPairing,
  openGrant,
  openGranted,
  openHello,
  type Pairing,
  pairingCode,
} from '../../src/crypto/pairing.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { pairingLink } from '../../src/session/pairing.ts'
import { hex, kindOf, readCases, refusalOf, unhex } from './vectors.ts'

beforeAll(ready)

type Given = Readonly<
  Record<'account' | 'box' | 'code' | 'comparison' | 'grant' | 'hello' | 'origin' | 'sealed' | 'seed' | 'signer' | 'signingSeed', string>
>

const pairingOf = ({ seed }: Given): Pairing => {
  const made = new SealingSeed(unhex(seed))
  return { seed: made, code: pairingCode(publicOfSealing(made)) }
}

const helpingOf = ({ account, signingSeed, seed, code }: Given): Helping => ({
  account,
  signer: new SigningSeed(unhex(signingSeed)),
  key: publicOfSealing(new SealingSeed(unhex(seed))),
  code: parseCode(code),
})

function hello(given: Given): unknown {
  const pairing = pairingOf(given)
  const { account, comparison, signer } = openHello(unhex(given.sealed), pairing)
  return { account, comparison: hex(comparison), signer: hex(signer.raw), digits: digits(comparison, pairing.code, signer) }
}

function grant(given: Given): unknown {
  const pairing = pairingOf(given)
  const { boxKey, login, version } = openGrant(unhex(given.grant), pairing, openHello(unhex(given.hello), pairing))
  return { boxKey: hex(boxKey.raw), login, version }
}

function granted(given: Given): unknown {
  const pairing = pairingOf(given)
  const heard = openHello(unhex(given.hello), pairing)
  const opened = openGranted(utf8(given.box), heard, openGrant(unhex(given.grant), pairing, heard))
  const slots = opened.slots.map(({ id }) => id)
  return { version: opened.version, content: contentToJson(opened.content, slots) }
}

const GRANT = { boxKey: new BoxKey(new Uint8Array(32)), login: 'anne', version: 1 }
const RUN: Readonly<Record<string, (given: Given) => unknown>> = {
  code: given => ({ code: codeText(pairingOf(given).code) }),
  digits: ({ comparison, code, signer }) => digits(unhex(comparison), parseCode(code), loadSigning(unhex(signer))),
  link: ({ origin, code }) => pairingLink(origin, codeText(parseCode(code))),
  'make-hello': given => makeHello(helpingOf(given)),
  'make-grant': given => makeGrant(helpingOf(given), GRANT),
  'open-hello': hello,
  'open-grant': grant,
  'open-granted': granted,
}

describe('pairing.json', () => {
  test.each(readCases<Given & { readonly expect: unknown }>('pairing'))('$op: $name', async given => {
    const run = (): unknown => RUN[given.op!]!(given)
    if (given.refusal !== undefined) expect(await refusalOf(run)).toBe(kindOf(given.refusal))
    else expect(run()).toEqual(given.expect)
  })
})

describe('two devices', () => {
  const account = 'aaaaaaaaaaaaaaaaaaaaaaaaaaa'
  const helping = (pairing: Pairing, signer = newKeyPairs().signing): Helping => ({
    account,
    signer,
    key: publicOfSealing(pairing.seed),
    code: pairing.code,
  })

  test('see the same digits, and the key arrives', () => {
    const pairing = newPairing()
    const there = helping(pairing)
    const { sealed, comparison } = makeHello(there)
    const heard = openHello(sealed, pairing)
    expect(digits(heard.comparison, pairing.code, heard.signer)).toBe(digits(comparison, pairing.code, signingPublic(there.signer)))
    expect(openGrant(makeGrant(there, GRANT), pairing, heard)).toEqual(GRANT)
  })

  test('take no grant for a hello, no hello for a grant, and none of another pairing', () => {
    const [pairing, other] = [newPairing(), newPairing()]
    const there = helping(pairing)
    const heard = openHello(makeHello(there).sealed, pairing)
    expect(() => openHello(makeGrant(there, GRANT), pairing)).toThrow('pairing/2')
    expect(() => openGrant(makeHello(there).sealed, pairing, heard)).toThrow('pairing/2')
    const elsewhere = makeGrant(helping(other, there.signer), GRANT)
    expect(() => openGrant(elsewhere, { ...other, code: pairing.code }, heard)).toThrow('pairing/2')
  })

  test('take no grant by another signer or for another account', () => {
    const pairing = newPairing()
    const there = helping(pairing)
    const heard = openHello(makeHello(there).sealed, pairing)
    expect(() => openGrant(makeGrant(helping(pairing), GRANT), pairing, heard)).toThrow('pairing/3')
    const elsewhere = { ...there, account: 'aeeeeeeeeeeeeeeeeeeeeeeeeea' }
    expect(() => openGrant(makeGrant(elsewhere, GRANT), pairing, heard)).toThrow('pairing/3')
  })

  test('draw codes that people can type', () => {
    const codes: Code[] = Array.from({ length: 20 }, () => newPairing().code)
    expect(codes.every(code => /^[0-9A-HJKMNP-TV-Z]{27}$/.test(codeText(code)))).toBe(true)
  })
})
