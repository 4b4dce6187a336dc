/** Each language opens what the other one sealed (tests/vectors/README.md, both languages against each other). */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { attachmentFromJson, attachmentToJson } from '../../src/crypto/attachment.ts'
import { utf8 } from '../../src/crypto/bytes.ts'
import { formatCode, newCode } from '../../src/crypto/code.ts'
import { contentToJson, firstContent, rotated } from '../../src/crypto/content.ts'
import type { Json, JsonObject } from '../../src/crypto/encoding.ts'
import { openSealed, seal } from '../../src/crypto/envelope.ts'
import { openFile, sealFile } from '../../src/crypto/file.ts'
import { newBox, openBox } from '../../src/crypto/keybox.ts'
import { newKeyPairs, publicKeys, signingPublic } from '../../src/crypto/keys.ts'
import { signLogin, verifyLogin } from '../../src/crypto/login.ts'
import { freshKdf, stretch } from '../../src/crypto/password.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { makeStatement, statementHash, verifyStatement } from '../../src/crypto/transparency/statement.ts'
import { Vault } from '../../src/crypto/vault.ts'
import { hex, unhex } from './vectors.ts'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
const PYTHON = `${ROOT}.venv/bin/python`

/** One process for all requests of one kind. */
function python<Answer>(op: string, ...requests: readonly unknown[]): readonly Answer[] {
  const input = requests.map(request => `${JSON.stringify(request)}\n`).join('')
  const options = { cwd: ROOT, input, maxBuffer: 1 << 28 }
  const output = execFileSync(PYTHON, ['-m', 'tests.vectors.cli', op], options).toString()
  return output
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Answer)
}

type Provisioned = 'second' | 'voucher' | 'account' | 'box' | 'code' | 'statement' | 'signature' | 'signing' | 'sealing'

const MIB = 1 << 20
const ACCOUNT = 'aaaaaaaaaaaaaaaaaaaaaaaaaaa'
const NOW = new Date('2026-11-23T15:06:55Z')
const filled = (size: number): Uint8Array => new Uint8Array(size).fill(0xa5)
const recipe = (size: number) => ({ repeat: 'a5', times: size })

beforeAll(ready)

// A checkout of the web client alone has no Python.
describe.skipIf(!existsSync(PYTHON))('Python and TypeScript', () => {
  // A plaintext of these sizes is padded; the last two end in one packet and in two.
  const SIZES = [0, 1, 1023, 1024, 16 * 1024, MIB - 1, MIB, MIB + 1, MIB - 16 * 1024, 3 * MIB, 3 * MIB + 7]

  test('TypeScript opens envelopes that Python sealed', () => {
    const [sender, reader, other] = [newKeyPairs(), newKeyPairs(), newKeyPairs()]
    const recipients = [reader, other].map(pairs => hex(publicKeys(pairs).sealing.raw))
    const requests = SIZES.map(size => ({ plaintext: recipe(size), sender: hex(sender.signing.raw), recipients }))
    const sealed = python<{ readonly sealed: string }>('seal-envelope', ...requests)
    const opened = sealed.map(answer => openSealed(unhex(answer.sealed), [reader.sealing]))
    expect(opened.map(({ plaintext }) => plaintext.length)).toEqual(SIZES)
    expect(opened.every(({ plaintext }) => plaintext.every(byte => byte === 0xa5))).toBe(true)
    expect(opened.every(({ sender: { raw } }) => hex(raw) === hex(signingPublic(sender.signing).raw))).toBe(true)
  })

  test('Python opens envelopes that TypeScript sealed', () => {
    const [sender, reader, other] = [newKeyPairs(), newKeyPairs(), newKeyPairs()]
    const recipients = [reader, other].map(pairs => publicKeys(pairs).sealing)
    const seeds = [hex(reader.sealing.raw)]
    const requests = SIZES.map(size => ({ sealed: hex(seal(filled(size), sender.signing, recipients)), seeds }))
    const opened = python<{ readonly plaintext: string; readonly sender: string }>('open-envelope', ...requests)
    expect(opened.every(({ plaintext }, place) => plaintext === 'a5'.repeat(SIZES[place]!))).toBe(true)
    expect(opened.every(({ sender: raw }) => raw === hex(signingPublic(sender.signing).raw))).toBe(true)
  })

  const FILES = [0, 1, 100_000, MIB - 1, MIB, MIB + 1, 3 * MIB + 7, 4 * MIB, 4 * MIB + 1]

  test('TypeScript opens files that Python sealed', async () => {
    const requests = FILES.map(size => ({ plaintext: recipe(size), file: 'é.pdf', type: 'application/pdf' }))
    for (const [place, { attachment, chunks }] of python<{
      readonly attachment: Json
      readonly chunks: readonly string[]
    }>('seal-attachment', ...requests).entries()) {
      let next = 0
      const opened = await openFile(attachmentFromJson(attachment), () => Promise.resolve(unhex(chunks[next++]!)))
      expect(Buffer.compare(opened, filled(FILES[place]!))).toBe(0)
    }
  })

  test('Python opens files that TypeScript sealed', async () => {
    const requests: unknown[] = []
    for (const size of FILES) {
      const chunks: string[] = []
      const blob = new Blob([new Uint8Array(filled(size))])
      const made = await sealFile(blob, 'é.pdf', 'application/pdf', (_, bytes) =>
        Promise.resolve(void chunks.push(hex(bytes))),
      )
      requests.push({ attachment: attachmentToJson(made), chunks })
    }
    const opened = python<{ readonly plaintext: string }>('open-attachment', ...requests)
    expect(opened.every(({ plaintext }, place) => plaintext === 'a5'.repeat(FILES[place]!))).toBe(true)
  })

  test('each opens the key box of the other, by password and by code', () => {
    const master = stretch('pä🔑', freshKdf())
    const code = newCode()
    const content = rotated(firstContent(newKeyPairs(), NOW), newKeyPairs(), NOW)
    const keys = [
      { type: 'password', password: 'pä🔑', kdf: master.kdf },
      { type: 'letter', code: formatCode(code) },
    ]
    const { slots: _, ...bare } = contentToJson(content, []) as JsonObject
    const request = { account: ACCOUNT, content: bare, keys, version: 7 }
    const made = utf8(python<{ readonly box: string }>('make-box', request)[0]!.box)
    const ours = newBox(
      ACCOUNT,
      content,
      [
        { type: 'password', master },
        { type: 'letter', code },
      ],
      7,
    ).box
    for (const key of [{ type: 'password', master } as const, { type: 'letter', code } as const]) {
      const opened = openBox(made, ACCOUNT, key, 7)
      expect(contentToJson(opened.content, [])).toEqual(contentToJson(content, []))
    }
    const box = Buffer.from(ours).toString()
    for (const answer of python<JsonObject>('open-box', ...keys.map(key => ({ box, account: ACCOUNT, key })))) {
      expect(answer).toMatchObject({ version: 7, content: bare })
    }
  })

  test('TypeScript activates an account that Python provisioned, and its statement follows the first', () => {
    const program = [
      'import datetime, json',
      'from crypto.provision import format_code, provision',
      'from crypto.keys import SigningSeed',
      'now = datetime.datetime.now(datetime.UTC)',
      'made = provision(None, now, by=SigningSeed.generate(), addresses=["anne@example.org"], two_codes=True)',
      'codes = {"code": format_code(made.code), "second": format_code(made.second)}',
      'texts = {"account": made.account, "box": made.box.decode(), **codes}',
      'told = made.announcement',
      'signed = {"statement": told.statement.decode(), "signature": told.signature.hex(), "voucher": told.voucher.hex()}',
      'keys = {"signing": made.keys.signing.raw.hex(), "sealing": made.keys.sealing.raw.hex()}',
      'print(json.dumps(texts | signed | keys))',
    ].join('\n')
    const output = execFileSync(PYTHON, ['-c', program], { cwd: ROOT }).toString()
    const made = JSON.parse(output) as Readonly<Record<Provisioned, string>>
    const { account, code, second } = made
    const vault = new Vault(() => new Date())
    vault.newRecoveryCode()
    const told = { statement: utf8(made.statement), signature: unhex(made.signature), voucher: unhex(made.voucher) }
    const log = { policy: 'A'.repeat(43), root: 'A'.repeat(43), size: 1 }
    const letter = { account, box: utf8(made.box), code, second, first: told, log }
    const { newKeys } = vault.activate({ ...letter, password: 'correct horse' })
    const first = {
      signingKey: unhex(made.signing),
      sealingKey: unhex(made.sealing),
      ...told,
    }
    const chain = [first, { ...newKeys!, voucher: null }]
    expect(vault.verifyStatements({ account, chain }).map(({ seq }) => seq)).toEqual([0, 1])
  })

  test('each verifies the log-in of the other', () => {
    const { signing } = newKeyPairs()
    const login = {
      challenge: 'A'.repeat(43),
      method: 'password',
      origin: 'https://é',
      time: '2026-11-23T15:06:55Z',
    } as const
    const [theirs] = python<{ readonly signature: string }>('sign-login', { ...login, seed: hex(signing.raw) })
    expect(verifyLogin(signingPublic(signing), unhex(theirs!.signature), login)).toBe(true)
    const signature = hex(signLogin(signing, login))
    const [answer] = python('verify-login', { ...login, public: hex(signingPublic(signing).raw), signature })
    expect(answer).toEqual({ ok: true })
  })

  test('each verifies the statements of the other', () => {
    const [first, second, station] = [newKeyPairs(), newKeyPairs(), newKeyPairs()]
    const seedsOf = (pairs: typeof first) => ({
      signingSeed: hex(pairs.signing.raw),
      sealingSeed: hex(pairs.sealing.raw),
    })
    const told = { box: 1, by: station.signing, holders: [new Uint8Array(32).fill(7)] }
    const made = makeStatement(ACCOUNT, publicKeys(first), first.signing, NOW, told)
    const link = {
      statement: Buffer.from(made.statement).toString(),
      signature: hex(made.signature),
      voucher: hex(made.voucher!),
      ...seedsOf(first),
    }
    const asked = { account: ACCOUNT, ...seedsOf(second), time: '2026-11-24T00:00:00Z', chain: [link] }
    const request = { ...asked, box: 2, bySeed: null, holders: [], suspected: true }
    type Theirs = { readonly statement: string; readonly signature: string; readonly voucher: null }
    const [theirs] = python<Theirs>('make-statement', request)
    const start = verifyStatement(made, null, { account: ACCOUNT, keys: publicKeys(first) })
    const next = { statement: utf8(theirs!.statement), signature: unhex(theirs!.signature), voucher: theirs!.voucher }
    expect(verifyStatement(next, start, { keys: publicKeys(second) })).toMatchObject({ seq: 1, flags: ['suspected'] })
    const [answer] = python('verify-statement', { account: ACCOUNT, chain: [link] })
    expect(answer).toEqual({ hash: hex(statementHash(made.statement)), seq: 0, box: 1, suspected: false })
  })
})
