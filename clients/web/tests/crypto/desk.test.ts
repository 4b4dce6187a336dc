/** Desk and worker together, joined by structured clones as a browser would join them. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { utf8 } from '../../src/crypto/bytes.ts'
import { formatCode, newCode } from '../../src/crypto/code.ts'
import { firstContent } from '../../src/crypto/content.ts'
import { Desk, type WorkerLike } from '../../src/crypto/desk.ts'
import { newBox } from '../../src/crypto/keybox.ts'
import { loadSigning, newKeyPairs, publicKeys } from '../../src/crypto/keys.ts'
import { verifyLogin } from '../../src/crypto/login.ts'
import type { Changed, Unlocked } from '../../src/crypto/operations.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { type Announcement, makeStatement } from '../../src/crypto/transparency/statement.ts'
import { ClonedWorker, newDesk } from '../fakes/desk.ts'
import { hash } from '../fakes/letters.ts'

const ACCOUNT = 'aaaaaaaaaaaaaaaaaaaaaaaaaaa'
const NOW = new Date('2026-11-23T15:06:55Z')
const PASSWORD = 'correct horse battery staple'
const CHALLENGE = {
  challenge: 'A'.repeat(43),
  origin: 'https://pli.example',
  time: '2026-11-23T15:06:55Z',
}

/** What tsc says of it is the test: a browser's Worker fits. */
export const asWorkerLike = (worker: Worker): WorkerLike => worker

const pairs = newKeyPairs()
const VOUCHED = { box: 1, by: newKeyPairs().signing }
const code = newCode()
let letterBox: Uint8Array
let first: Announcement
let desk: Desk

beforeAll(async () => {
  await ready()
  letterBox = newBox(ACCOUNT, firstContent(pairs, NOW), [{ type: 'letter', code }]).box
  first = makeStatement(ACCOUNT, publicKeys(pairs), pairs.signing, NOW, VOUCHED)
})
beforeEach(() => {
  desk = newDesk(NOW)
})

const LOG = { policy: hash('p'), root: hash('r'), size: 7 }
const given = () => ({ account: ACCOUNT, box: letterBox, code: formatCode(code), first, log: LOG })

/** The relay takes everything. */
async function activate(): Promise<Activated> {
  const recovery = await desk.call('newRecoveryCode', null)
  const { newKeys, password, ...made } = await desk.call('activate', { ...given(), password: PASSWORD })
  const unlocked = await desk.call('takeChange', null)
  return { ...made, newKeys: newKeys!, ...password!, recovery, unlocked }
}
type Activated = Omit<Changed, 'newKeys' | 'password'> &
  NonNullable<Changed['password']> & {
    readonly newKeys: NonNullable<Changed['newKeys']>
    readonly recovery: string
    readonly unlocked: Unlocked
  }

const NOTHING = {
  keys: 'stay',
  password: null,
  recovery: false,
  passkey: null,
  drop: [],
  delegates: [],
  statement: null,
} as const

describe('the desk', () => {
  test('activates: new keys follow the first statement, and the password opens the new box', async () => {
    const made = await activate()
    const links = [{ ...first, ...rawOf(publicKeys(pairs)) }, { ...made.newKeys, voucher: null }]
    const chain = await desk.call('verifyStatements', { account: ACCOUNT, chain: links })
    expect(chain.map(({ seq }) => seq)).toEqual([0, 1])
    expect(made.unlocked.keyId).toBe(chain.at(-1)?.keyId)
    await desk.call('lock', null)
    const unlocked = await desk.call('unlockWithPassword', {
      account: ACCOUNT,
      box: made.box,
      password: PASSWORD,
      minimumVersion: 2,
    })
    expect(unlocked).toEqual(made.unlocked)
  })

  test('signs a log-in by the key that it gave at activation, and unlocks with the same stretching', async () => {
    const { kdf, loginKey, box } = await activate()
    const signature = await desk.call('passwordLogin', { ...CHALLENGE, password: PASSWORD, kdf })
    expect(verifyLogin(loadSigning(loginKey), signature, { ...CHALLENGE, method: 'password' })).toBe(true)
    const given = { account: ACCOUNT, box, password: PASSWORD, minimumVersion: 1 }
    expect((await desk.call('unlockWithPassword', given)).version).toBe(2)
  })

  test('refuses a wrong password, a wrong code and an older box by their names', async () => {
    const { box } = await activate()
    const password = { account: ACCOUNT, box, password: 'wrong', minimumVersion: 1 }
    const letter = { account: ACCOUNT, box: letterBox, type: 'letter', minimumVersion: 1 } as const
    const other = formatCode(newCode())
    await expect(desk.call('unlockWithPassword', password)).rejects.toMatchObject({ kind: 'CannotOpen' })
    await expect(desk.call('tryCode', { ...letter, code: other })).rejects.toMatchObject({ kind: 'CannotOpen' })
    await expect(desk.call('tryCode', { ...letter, code: 'ABC' })).rejects.toMatchObject({ kind: 'BadCode' })
    const older = desk.call('tryCode', { ...letter, code: formatCode(code), minimumVersion: 2 })
    await expect(older).rejects.toMatchObject({ kind: 'OlderBox' })
  })

  test('refuses a weak stretching that the relay names, before doing it', async () => {
    const kdf = { lanes: 1, memory: 1024, name: 'argon2id', passes: 3, salt: 'A'.repeat(22) } as const
    const signing = desk.call('passwordLogin', { ...CHALLENGE, password: PASSWORD, kdf })
    await expect(signing).rejects.toMatchObject({ kind: 'WeakKdf' })
  })

  test('opens what was sealed to the new keys and to the ones before', async () => {
    const { newKeys } = await activate()
    for (const to of [newKeys.sealingKey, publicKeys(pairs).sealing.raw]) {
      const sealed = await desk.call('sealLetter', { plaintext: utf8('{}'), recipients: [to] })
      const opened = await desk.call('openLetter', sealed)
      expect(opened).toEqual({ plaintext: utf8('{}'), senderSigningKey: newKeys.signingKey, recipients: 1 })
    }
  })

  test('carries a file there and back, and gives the failure of its caller back as it was', async () => {
    const kept = new Map<string, Blob>()
    const blob = new Blob([new Uint8Array(5 * 1024 * 1024).fill(3)])
    const reference = await desk.sealFile({ blob, name: 'a.pdf', type: 'application/pdf' }, (_, chunk, id) => {
      kept.set(id, chunk)
      return Promise.resolve()
    })
    const opened = await desk.openFile(reference, id => kept.get(id)!.bytes())
    expect(Buffer.compare(await opened.bytes(), await blob.bytes())).toBe(0)
    await expect(desk.openFile(reference, () => Promise.reject(new RangeError('offline')))).rejects.toThrow('offline')
    const broken = desk.openFile(reference, () => Promise.resolve(new Uint8Array(3)))
    await expect(broken).rejects.toMatchObject({ kind: 'CannotOpen' })
    const refused = desk.sealFile({ blob, name: 'a', type: 'a/b' }, () => Promise.reject(new RangeError('full')))
    await expect(refused).rejects.toThrow('full')
  })

  test('keeps nothing that opens after lock', async () => {
    const { newKeys } = await activate()
    const sealed = await desk.call('sealLetter', { plaintext: utf8('{}'), recipients: [newKeys.sealingKey] })
    await desk.call('lock', null)
    await expect(desk.call('openLetter', sealed)).rejects.toMatchObject({ kind: 'CannotOpen', message: 'locked' })
    await expect(desk.call('stateName', 'read')).rejects.toMatchObject({ message: 'locked' })
  })

  test('refuses to seal to a weak key, and a chain with a link missing', async () => {
    const { newKeys } = await activate()
    const weak = desk.call('sealLetter', { plaintext: utf8('{}'), recipients: [new Uint8Array(1216)] })
    await expect(weak).rejects.toMatchObject({ kind: 'WeakKey' })
    const chain = desk.call('verifyStatements', { account: ACCOUNT, chain: [{ ...newKeys, voucher: null }] })
    await expect(chain).rejects.toMatchObject({ kind: 'BadStatement' })
  })

  test('opens nothing that the relay has not taken, and takes nothing twice', async () => {
    await desk.call('newRecoveryCode', null)
    await desk.call('activate', { ...given(), password: PASSWORD })
    await expect(desk.call('stateName', 'read')).rejects.toMatchObject({ message: 'locked' })
    await desk.call('takeChange', null)
    await expect(desk.call('takeChange', null)).rejects.toMatchObject({ kind: 'CannotOpen' })
    await desk.call('lock', null)
    await expect(desk.call('takeChange', null)).rejects.toMatchObject({ kind: 'CannotOpen' })
  })

  test('takes the first statement of a station that reads its clock once more for it', async () => {
    await desk.call('newRecoveryCode', null)
    const later = makeStatement(ACCOUNT, publicKeys(pairs), pairs.signing, new Date(NOW.getTime() + 1000), VOUCHED)
    expect((await desk.call('activate', { ...given(), first: later, password: PASSWORD })).newKeys).not.toBeNull()
  })

  test('puts what was verified of the key log into the very first box', async () => {
    expect((await activate()).unlocked.lastCheckpoint).toEqual(LOG)
  })

  test('refuses a first statement that nobody answers for, of other keys, of another account, and one that is not signed as it says', async () => {
    await desk.call('newRecoveryCode', null)
    const alone = makeStatement(ACCOUNT, publicKeys(pairs), pairs.signing, NOW, { box: 1 })
    const others = makeStatement(ACCOUNT, publicKeys(newKeyPairs()), pairs.signing, NOW, VOUCHED)
    const elsewhere = makeStatement('aeeeeeeeeeeeeeeeeeeeeeeeeea', publicKeys(pairs), pairs.signing, NOW, VOUCHED)
    const unsigned = { ...first, signature: others.signature }
    for (const one of [alone, others, elsewhere, unsigned, { ...first, voucher: null }, { ...first, voucher: first.signature }]) {
      const activating = desk.call('activate', { ...given(), first: one, password: PASSWORD })
      await expect(activating).rejects.toMatchObject({ kind: 'BadStatement' })
    }
  })

  test('trying a code leaves what is open open', async () => {
    const { unlocked } = await activate()
    const letter = { account: ACCOUNT, box: letterBox, type: 'letter', minimumVersion: 1 } as const
    expect(await desk.call('tryCode', { ...letter, code: formatCode(code) })).toBeNull()
    expect((await desk.call('change', { ...NOTHING, password: 'autre' })).version).toBe(unlocked.version + 1)
  })

  test('a change that is not taken changes nothing, and goes on from the box that is open', async () => {
    const { unlocked } = await activate()
    await desk.call('change', { ...NOTHING, password: 'autre' })
    const { version } = await desk.call('pinInBox', { pins: {}, lastCheckpoint: null })
    expect(version).toBe(unlocked.version + 1)
    const state = await desk.call('sealState', { label: 'read', version: 1, bytes: utf8('[]') })
    expect(await desk.call('openState', { label: 'read', version: 1, sealed: state })).toEqual(utf8('[]'))
  })

  test('new keys follow only the statement of the ones that are there', async () => {
    await activate()
    const change = { ...NOTHING, keys: 'rotated', statement: first.statement } as const
    await expect(desk.call('change', change)).rejects.toMatchObject({ kind: 'BadStatement' })
    await expect(desk.call('change', { ...change, statement: null })).rejects.toMatchObject({ kind: 'BadStatement' })
  })

  test('a pairing that was ended hears nothing more', async () => {
    await desk.call('beginPairing', null)
    await desk.call('endPairing', null)
    await expect(desk.call('hearHello', utf8(''))).rejects.toMatchObject({ kind: 'CannotOpen' })
    await activate()
    await expect(desk.call('makeGrant', { login: 'anne' })).rejects.toMatchObject({ message: 'pairing/3' })
  })

  test('tells every caller when the worker stops', async () => {
    const worker = new ClonedWorker(NOW)
    worker.postMessage = () => undefined
    const waiting = new Desk(worker).call('blobId', utf8(''))
    worker.onerror?.({} as ErrorEvent)
    await expect(waiting).rejects.toMatchObject({ name: 'DeskClosed' })
  })
})

const rawOf = (keys: ReturnType<typeof publicKeys>) => ({ signingKey: keys.signing.raw, sealingKey: keys.sealing.raw })
