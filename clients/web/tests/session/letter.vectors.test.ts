/** letter.json: what a reader checks before showing anything, by the vectors that both languages read. */
import { beforeAll, describe, expect, test } from 'vitest'
import { openSealed } from '../../src/crypto/envelope.ts'
import { CryptoError } from '../../src/crypto/errors.ts'
import { SealingSeed } from '../../src/crypto/keys.ts'
import { ready } from '../../src/crypto/sodium.ts'
import { check, type Checked, NotShown } from '../../src/session/incoming.ts'
import { prove } from '../../src/session/line.ts'
import type { PublicKey, SealedMessage } from '../../src/wire/types.ts'
import type { Letter } from '../../src/content/letter.ts'
import { readCases, unhex } from '../crypto/vectors.ts'
import { FakeClock } from '../fakes/clock.ts'
import { newDesk } from '../fakes/desk.ts'

beforeAll(ready)

type Given = {
  readonly sealed: string
  readonly seeds: readonly string[]
  readonly account: string
  readonly own: readonly PublicKey[]
  readonly keys: readonly PublicKey[]
  readonly pins: Readonly<Record<string, string>>
  readonly message: Pick<SealedMessage, 'clientId' | 'from' | 'box' | 'receivedAt'>
  readonly reason: string
  readonly expect: Partial<Letter>
  readonly stale: boolean
}
const RELAYS = { id: `m${'a'.repeat(26)}`, size: 1, sealed: null, sealedBlobId: null, blobIds: [], deliveries: [] }

async function shown(given: Given): Promise<Checked> {
  const desk = newDesk(new FakeClock().now)
  const own = await prove(desk, given.account, given.own)
  const keys = await prove(desk, given.keys[0]!.account, given.keys)
  const { plaintext, sender, recipients } = openSealed(unhex(given.sealed), given.seeds.map(seed => new SealingSeed(unhex(seed))))
  const opened = { plaintext, senderSigningKey: sender.raw, recipients }
  const message = { ...RELAYS, ...given.message }
  return check(opened, message, { account: given.account, keys: own }, { keys, pins: given.pins }, message.receivedAt)
}

async function reasonOf(given: Given): Promise<string> {
  try {
    await shown(given)
    return 'shown'
  } catch (error) {
    if (error instanceof CryptoError) return error.kind === 'CannotOpen' ? 'cannotOpen' : error.kind
    return error instanceof NotShown ? error.reason : String(error)
  }
}

describe('letter.json', () => {
  const cases = readCases<Given>('letter')
  test.each(cases.filter(({ refusal }) => refusal === undefined))('$name is shown', async given => {
    const { letter, warnings } = await shown(given)
    expect(letter).toMatchObject(given.expect)
    expect(warnings).toEqual(given.stale ? ['staleKeyUsed'] : [])
  })
  test.each(cases.filter(({ refusal }) => refusal !== undefined))('$name is not shown: $reason', async given => {
    expect(await reasonOf(given)).toBe(given.reason)
  })
})
