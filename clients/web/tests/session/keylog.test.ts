/** The key log as a session judges it: forks, old and stale checkpoints, other policies, and what letters say of it. */
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { utf8 } from '../../src/crypto/bytes.ts'
import { fromBytes } from '../../src/content/letter.ts'
import { b64u, unb64u } from '../../src/crypto/encoding.ts'
import { openSealed } from '../../src/crypto/envelope.ts'
import { sha256 } from '../../src/crypto/hashing.ts'
import { newKeyPairs } from '../../src/crypto/keys.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { FakeDevice } from '../fakes/device.ts'
import { ed25519, FakeLog, mlDsa, policyOf } from '../fakes/keylog.ts'
import { ANNE, arrived, hash, MARTIN } from '../fakes/letters.ts'
import { boxOf, newPeople, NOW, Page, type People, renewedBox, repinned, sealedLetter, statementOf } from '../fakes/person.ts'
import { FakeRelay, nextKey, strangersKey } from '../fakes/relay.ts'

const DAY = 86_400_000

let people: People
let relay: FakeRelay
let device: FakeDevice
let page: Page

beforeAll(async () => {
  await ready()
  people = newPeople()
})
beforeEach(() => {
  relay = new FakeRelay(boxOf(people))
  relay.enrol(people.ownKey, people.doctorsKey)
  device = new FakeDevice()
  page = new Page(relay, device)
})
afterEach(() => page.close())

const answer = async (): Promise<unknown> => {
  const { session } = page
  await session.outbox.sendNow(session.draft(arrived(), 'Merci.', []))
  return session.outbox.letters.value.at(-1)?.state
}
const refused = (reason: string): object => ({ kind: 'failed', error: { reason } })
const sent = (): boolean => relay.methods.includes('SealedMessage/set')
/** What the person is shown at this moment. */
const accept = (): Promise<void> => page.session.acceptPolicy(page.session.offeredWatchers.value?.hash ?? '')
const trust = (): string => page.session.directory.value

/** The page is closed, and loaded again on the same device. */
async function reload(): Promise<void> {
  await page.close()
  page = new Page(relay, device)
  await page.open()
}

/** The key box remembers the log as it was at this size, and the policy. */
function remember(size: number, pins: Readonly<Record<string, string>> = {}): void {
  const { root } = relay.log.head(size)
  const lastCheckpoint = { policy: sha256(relay.log.policy), root: unb64u(root), size }
  const box = boxOf(people, { pins, lastCheckpoint })
  relay.box = { version: 1, box: Buffer.from(box).toString('base64url') }
}

test('the first opening puts the policy and the checkpoint into the key box', async () => {
  await page.open()
  page.clock.pass(3000)
  await expect.poll(() => relay.box.version).toBe(2)
  const second = new Page(relay, device)
  relay.policy = () => policyOf(relay.log.logKeys, [])
  await second.open()
  expect(second.session.directory.value).toBe('policyChanged')
  await second.close()
})

test('that the log grew writes no new key box by itself', async () => {
  remember(1)
  await page.open()
  page.clock.pass(10_000)
  await page.session.look()
  expect([trust(), relay.methods.includes('KeyBox/set')]).toEqual(['trusted', false])
})

test('a log that is not what came of the remembered one stops everything', async () => {
  remember(2)
  const other = new FakeLog()
  relay.directory.clear()
  relay.append(other, strangersKey(MARTIN, NOW))
  relay.directory.set(people.ownKey.account, [relay.append(other, people.ownKey)])
  relay.directory.set(MARTIN, [relay.append(other, people.doctorsKey)])
  relay.shown = () => ({ log: other })
  await page.open()
  expect([trust(), await answer(), sent()]).toMatchObject(['logForked', refused('logForked'), false])
})

test('a fork is remembered over a reload, until the person was shown it', async () => {
  remember(2)
  const honest = relay.shown
  relay.shown = () => ({ log: relay.log, size: 1 })
  await page.open()
  relay.shown = honest
  await reload()
  expect([trust(), await answer(), sent()]).toMatchObject(['logForked', refused('logForked'), false])
  await page.session.acknowledge()
  expect([trust(), (await answer()), sent()]).toMatchObject(['trusted', expect.anything(), true])
})

test('a fork that goes on is told again after the person was shown it', async () => {
  remember(2)
  relay.shown = () => ({ log: relay.log, size: 1 })
  await page.open()
  await page.session.acknowledge()
  expect([trust(), await answer(), sent()]).toMatchObject(['logForked', refused('logForked'), false])
})

test('an older checkpoint is asked about once more, and then it is a fork', async () => {
  remember(2)
  relay.shown = question => ({ log: relay.log, size: question === 1 ? 1 : 2 })
  await page.open()
  expect(trust()).toBe('trusted')
  relay.shown = () => ({ log: relay.log, size: 1 })
  page.stay(3_600_001)
  expect([await answer(), trust(), sent()]).toMatchObject([refused('logForked'), 'logForked', false])
})

test('a stale checkpoint stops sending, and a fresh one lets it go on', async () => {
  const old = new Date(relay.published.getTime() - DAY - 1000)
  relay.shown = () => ({ log: relay.log, at: old })
  await page.open()
  expect([trust(), await answer(), sent()]).toMatchObject(['staleCheckpoint', refused('staleCheckpoint'), false])
  relay.shown = () => ({ log: relay.log })
  await page.look()
  expect(trust()).toBe('trusted')
  await answer()
  expect(sent()).toBe(true)
})

test('a checkpoint of tomorrow is stale as well', async () => {
  relay.shown = () => ({ log: relay.log, at: new Date(relay.published.getTime() + DAY) })
  await page.open()
  expect([trust(), await answer(), sent()]).toMatchObject(['staleCheckpoint', refused('staleCheckpoint'), false])
})

test('a checkpoint that the log alone signed stops sending where witnesses are asked for', async () => {
  relay.shown = () => ({ log: relay.log, signers: relay.log.logKeys })
  await page.open()
  expect([trust(), await answer(), sent()]).toMatchObject(['badCheckpoint', refused('badCheckpoint'), false])
})

test.each(['', 'nonsense', '— \n\n'])('a checkpoint of %j is none', async checkpoint => {
  relay.log.checkpoint = () => checkpoint
  await page.open()
  expect([trust(), await answer(), sent()]).toMatchObject(['badCheckpoint', refused('badCheckpoint'), false])
})

test('a policy that is none stops sending', async () => {
  relay.policy = () => utf8('quorum none\n')
  await page.open()
  expect([trust(), await answer(), sent()]).toMatchObject(['badCheckpoint', refused('badCheckpoint'), false])
})

test('another policy stops everything until the person accepts it', async () => {
  remember(2)
  const policy = policyOf(relay.log.logKeys, [ed25519('new.example', 4)])
  relay.policy = () => policy
  relay.shown = () => ({ log: relay.log, signers: [...relay.log.logKeys, ed25519('new.example', 4)] })
  await page.open()
  expect([trust(), await answer(), sent()]).toMatchObject(['policyChanged', refused('policyChanged'), false])
  expect(page.session.offeredWatchers.value?.witnesses).toEqual(['W0'])
  await accept()
  await answer()
  expect([trust(), sent()]).toEqual(['trusted', true])
})

test('what the person accepted is in the key box, and is not asked again', async () => {
  remember(2)
  relay.policy = () => policyOf(relay.log.logKeys, [])
  await page.open()
  await accept()
  page.clock.pass(3000)
  await expect.poll(() => relay.box.version).toBe(2)
  await reload()
  expect(trust()).toBe('trusted')
})

test('having read that the policy changed does not accept it', async () => {
  remember(2)
  relay.policy = () => policyOf(relay.log.logKeys, [])
  await page.open()
  await page.session.acknowledge()
  expect([trust(), await answer(), sent()]).toMatchObject(['policyChanged', refused('policyChanged'), false])
})

test('while the log is not believed, a pinned sender is read and a new one waits', async () => {
  relay.letters.push(sealedLetter(people))
  relay.shown = () => ({ log: relay.log, signers: [] as never })
  await page.open()
  expect(page.session.unreadable.value).toMatchObject([{ reason: 'notProved' }])
  relay.shown = () => ({ log: relay.log })
  await page.look()
  expect([page.session.unreadable.value, page.session.threads.value.length]).toEqual([[], 1])
  remember(2, { [MARTIN]: statementOf(people.doctorsKey) })
  relay.shown = () => ({ log: relay.log, signers: relay.log.logKeys })
  await reload()
  expect([trust(), page.session.threads.value.length]).toEqual(['badCheckpoint', 1])
})

test('what a letter says of the log is proved in one question', async () => {
  const message = (letter: string): string => `${letter.repeat(21)}A`
  relay.log.append(utf8('more'))
  for (const [at, size] of [1, 2, 3].entries()) {
    const id = message('XYZ'.charAt(at))
    relay.letters.push(sealedLetter(people, { message: id, checkpoint: relay.log.signed(relay.log.head(size)) }, { id: `m${id}` }))
  }
  await page.open()
  expect([trust(), page.session.threads.value[0]?.letters.length]).toEqual(['trusted', 3])
  expect(relay.methods.filter(name => name === 'KeyLog/prove')).toHaveLength(1)
  await answer()
  expect(sent()).toBe(true)
})

test('a letter with a checkpoint of another history is shown with a doubt, and nothing is sealed any more', async () => {
  const checkpoint = relay.log.signed({ root: hash('x'), size: 2 })
  relay.letters.push(sealedLetter(people, { checkpoint }))
  await page.open()
  expect([page.session.threads.value.length, [...page.session.doubted.value]]).toEqual([1, [`2 ${hash('x')}`]])
  expect([trust(), await answer(), sent()]).toMatchObject(['logForked', refused('logForked'), false])
})

test('two letters with two histories of one size are not both right', async () => {
  relay.letters.push(sealedLetter(people, { checkpoint: relay.log.signed(relay.log.head(2)) }))
  const id = `${'Z'.repeat(21)}A`
  relay.letters.push(sealedLetter(people, { message: id, checkpoint: relay.log.signed({ root: hash('y'), size: 2 }) }, { id: `m${id}` }))
  await page.open()
  expect([trust(), page.session.doubted.value.size]).toEqual(['logForked', 1])
})

test('a letter that is faster than the log is asked about once more', async () => {
  relay.enrol(nextKey(people.doctorsKey, people.doctor, newKeyPairs(), NOW))
  relay.letters.push(sealedLetter(people, { checkpoint: relay.log.signed(relay.log.head(3)) }, { receivedAt: '2024-03-01T09:30:00Z' }))
  let proofs = 0
  relay.shown = () => ({ log: relay.log, size: relay.methods.at(-1) === 'KeyLog/prove' && (proofs += 1) === 2 ? 3 : 2 })
  relay.directory.set(MARTIN, relay.directory.get(MARTIN)!.slice(0, 1))
  await page.open()
  expect([trust(), proofs]).toEqual(['trusted', 2])
})

test('a log that stays shorter than what a letter saw is a fork', async () => {
  relay.letters.push(sealedLetter(people, { checkpoint: relay.log.signed({ root: hash('x'), size: 9 }) }))
  await page.open()
  expect([trust(), await answer(), sent()]).toMatchObject(['logForked', refused('logForked'), false])
})

test('what a letter claimed is not held against the log again once the person was shown it', async () => {
  relay.letters.push(sealedLetter(people, { checkpoint: relay.log.signed({ root: hash('x'), size: 2 }) }))
  await page.open()
  await page.session.acknowledge()
  expect(trust()).toBe('trusted')
  await reload()
  expect([trust(), page.session.doubted.value.size]).toEqual(['trusted', 1])
  await answer()
  expect(sent()).toBe(true)
})

test('a letter of one’s own carries the newest checkpoint', async () => {
  await page.open()
  await answer()
  const { plaintext } = openSealed(unb64u(relay.taken[0]!.sealed), [people.doctor.sealing])
  expect(fromBytes(plaintext.slice()).checkpoint).toEqual(relay.log.signed())
})

test('a policy that changes while the page is open is told as what it is', async () => {
  await page.open()
  const policy = policyOf(relay.log.logKeys, [ed25519('new.example', 4)])
  relay.policy = () => policy
  relay.shown = () => ({ log: relay.log, signers: [...relay.log.logKeys, ed25519('new.example', 4)] })
  const stranger = policyOf([ed25519('pli.example/log', 1, 'other'), mlDsa('pli.example/log', 'other')], [])
  expect(await answer()).toMatchObject(refused('badCheckpoint'))
  await page.look()
  expect([trust(), sent()]).toEqual(['policyChanged', false])
  relay.policy = () => stranger
  await accept()
  await page.look()
  // What was shown to the person is what they accepted, whatever is served by now.
  expect([trust(), page.session.watchers.value?.witnesses.length]).toEqual(['trusted', 1])
})

test('what another device saw of the log is proved as well', async () => {
  await page.open()
  page.stay(3000)
  await expect.poll(() => relay.box.version).toBe(2)
  const policy = sha256(relay.log.policy)
  relay.keep(box => repinned(box, { policy, root: new Uint8Array(32), size: 2 }))
  await answer()
  // The box of before may still be on its way: time goes on until what was seen since is in it.
  await expect
    .poll(() => {
      page.stay(3000)
      return relay.box.version
    })
    .toBe(4)
  await page.look()
  await expect.poll(trust).toBe('logForked')
})

test('what the log did not sign says nothing: its writer could have made it up', async () => {
  const { signature } = relay.log.signed({ root: hash('x'), size: 3 })
  const madeUp = [
    { root: hash('x'), signature: 'A'.repeat(86), size: 1_000_000_000_000 },
    { root: hash('x'), signature, size: 2 },
    { ...relay.log.signed(), root: hash('y') },
  ]
  for (const [at, checkpoint] of madeUp.entries()) {
    const message = `${'XYZ'.charAt(at).repeat(21)}A`
    relay.letters.push(sealedLetter(people, { message, checkpoint }, { id: `m${message}` }))
  }
  await page.open()
  expect([trust(), page.session.doubted.value.size, page.session.threads.value[0]?.letters.length]).toEqual(['trusted', 0, 3])
  await answer()
  expect(sent()).toBe(true)
})

test('a made-up signature does not hide a fork that the log signed', async () => {
  const fork = relay.log.signed({ root: hash('x'), size: 2 })
  const madeUp = { ...fork, signature: 'A'.repeat(86) }
  for (const [at, checkpoint] of [madeUp, fork, madeUp].entries()) {
    const message = `${'XYZ'.charAt(at).repeat(21)}A`
    relay.letters.push(sealedLetter(people, { message, checkpoint }, { id: `m${message}` }))
  }
  await page.open()
  expect([trust(), page.session.doubted.value.size]).toEqual(['logForked', 1])
})

test('another fork of the size that was acknowledged stops again', async () => {
  relay.letters.push(sealedLetter(people, { checkpoint: relay.log.signed({ root: hash('x'), size: 2 }) }))
  await page.open()
  await page.session.acknowledge()
  expect(trust()).toBe('trusted')
  const message = `${'Z'.repeat(21)}A`
  relay.letters.push(sealedLetter(people, { message, checkpoint: relay.log.signed({ root: hash('y'), size: 2 }) }, { id: `m${message}` }))
  await reload()
  expect([trust(), page.session.doubted.value.size]).toEqual(['logForked', 2])
})

/** The relay serves a policy without witnesses. */
function otherPolicy(): Uint8Array {
  const policy = policyOf(relay.log.logKeys, [])
  relay.policy = () => policy
  return policy
}

test('a fork is not forgotten over another policy, nor accepted with it', async () => {
  remember(2)
  const honest = relay.shown
  relay.shown = () => ({ log: relay.log, size: 1 })
  await page.open()
  expect(trust()).toBe('logForked')
  relay.shown = honest
  otherPolicy()
  await reload()
  expect([trust(), page.session.offeredWatchers.value?.witnesses]).toEqual(['logForked', []])
  await accept()
  expect([trust(), await answer(), sent()]).toMatchObject(['logForked', refused('logForked'), false])
})

test('accepting a policy accepts no other history', async () => {
  remember(2)
  const fork = new FakeLog()
  for (const key of [strangersKey(MARTIN, NOW), people.ownKey]) relay.append(fork, key)
  await page.open()
  otherPolicy()
  await reload()
  expect(trust()).toBe('policyChanged')
  relay.shown = () => ({ log: fork })
  await accept()
  expect([trust(), await answer(), sent()]).toMatchObject(['logForked', refused('logForked'), false])
})

test('what is accepted is what was shown, and nothing that came in its place', async () => {
  remember(2)
  otherPolicy()
  await page.open()
  await page.session.acceptPolicy(hash('o'))
  expect([trust(), await answer(), sent()]).toMatchObject(['policyChanged', refused('policyChanged'), false])
})

/** Another device of hers, or somebody who has the box key, puts this policy into the box. */
const bring = (policy: Uint8Array): void =>
  relay.keep(box => repinned(box, { policy: sha256(policy), root: unb64u(relay.log.head(2).root), size: 2 }))

test('a policy that the key box brings and this browser did not use stops everything until the person accepts it', async () => {
  remember(2)
  await page.open()
  bring(otherPolicy())
  await reload()
  expect([trust(), await answer(), sent()]).toMatchObject(['policyChanged', refused('policyChanged'), false])
  await accept()
  await answer()
  expect([trust(), sent()]).toEqual(['trusted', true])
})

test('so does one that comes while the page is open, and it stays in the box', async () => {
  await page.open()
  page.stay(3000)
  await expect.poll(() => relay.box.version).toBe(2)
  const policy = otherPolicy()
  bring(policy)
  await answer()
  page.stay(3000)
  await expect.poll(trust).toBe('policyChanged')
  await expect.poll(() => page.session.offeredWatchers.value?.witnesses).toEqual([])
  expect(page.session.unlocked.value?.lastCheckpoint?.policy).toBe(b64u(sha256(policy)))
  await accept()
  expect(trust()).toBe('trusted')
})

test('a box that is behind what the person accepted here asks nothing again', async () => {
  remember(2)
  const before = relay.log.policy
  await page.open()
  otherPolicy()
  await reload()
  await accept()
  page.stay(3000)
  await expect.poll(() => page.session.unlocked.value?.lastCheckpoint?.policy).not.toBe(b64u(sha256(before)))
  bring(before)
  await reload()
  expect(trust()).toBe('trusted')
})

test('a new browser takes the policy of the box', async () => {
  remember(2)
  bring(otherPolicy())
  device = new FakeDevice()
  await reload()
  expect(trust()).toBe('trusted')
})

test('whoever only reads asks for the log every hour', async () => {
  await page.open()
  relay.methods.length = 0
  await page.look()
  expect(relay.methods).not.toContain('PublicKey/lookup')
  page.stay(3_600_001)
  relay.shown = () => ({ log: relay.log, size: 1 })
  await page.look()
  expect([trust(), relay.methods.includes('PublicKey/lookup')]).toEqual(['logForked', true])
})

test('a relay that never takes the key box is told of, until it does', async () => {
  relay.isFull = true
  await page.open()
  expect(page.session.unkept.value).toBe(false)
  for (let turn = 1; turn <= 3; turn++) {
    page.stay(30_000)
    await expect.poll(() => relay.methods.filter(name => name === 'KeyBox/set').length).toBe(turn)
  }
  await expect.poll(() => page.session.unkept.value).toBe(true)
  relay.isFull = false
  page.stay(30_000)
  await expect.poll(() => [page.session.unkept.value, relay.box.version]).toEqual([false, 2])
})

test('a letter to keys that were replaced long before says so, and is shown', async () => {
  const fresh = newKeyPairs()
  relay.enrol(nextKey(people.ownKey, people.own, fresh, new Date('2024-03-10T09:00:00Z')))
  const [, newest] = relay.directory.get(people.ownKey.account)!
  relay.box = { version: 2, box: b64u(renewedBox(people, fresh)) }
  const message = `${'Z'.repeat(21)}A`
  const recipients = [{ account: ANNE, statement: statementOf(newest!) }, { account: MARTIN, statement: statementOf(people.doctorsKey) }]
  relay.letters.push(sealedLetter(people), sealedLetter(people, { message, recipients }, { id: `m${message}` }))
  await page.open()
  const letters = page.session.threads.value.flatMap(thread => thread.letters)
  expect(letters.map(({ letter, warnings }) => [letter.message, warnings])).toEqual(
    expect.arrayContaining([[sealedLetter(people).clientId, ['staleKeyUsed']], [message, []]]),
  )
})
