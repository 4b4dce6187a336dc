/** Files on their way to a relay that is slow, away or unwilling. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { AttachmentJson } from '../../src/crypto/attachment.ts'
import { Files } from '../../src/session/files.ts'
import { Here } from '../../src/session/here.ts'
import type { Transport } from '../../src/session/transport.ts'
import { isRefusal, Refusal } from '../../src/wire/errors.ts'
import { FakeClock } from '../fakes/clock.ts'
import { newDesk } from '../fakes/desk.ts'
import { FakeDevice } from '../fakes/device.ts'

const NOW = new Date('2026-11-23T15:06:55Z')
const CHUNKS = ['one', 'two', 'three', 'four', 'five', 'six', 'seven']
const SIZE = 10 // bytes of each chunk

/** Gives as many chunks, and waits for each as a worker does. */
const desk = {
  sealFile: async ({ name }: { name: string }, onChunk: (index: number, chunk: Blob, id: string) => Promise<void>) => {
    const chunks = CHUNKS.map(chunk => (name === 'a' ? chunk : `${chunk} ${name}`))
    for (const [index, chunk] of chunks.entries()) await onChunk(index, new Blob([chunk.padEnd(SIZE)]), chunk)
    return { chunks, id: '', key: '', name, sha256: '', size: CHUNKS.length * SIZE, type: 'a/b' }
  },
}

/** Holds what was uploaded; `gate` holds uploads up, `refusals` answer the next ones. */
class Relay {
  readonly has: string[] = []
  readonly refusals: Refusal[] = []
  most = 0
  #now = 0
  gate: Promise<void> = Promise.resolve()

  readonly transport = {
    upload: async (_: string, chunk: Blob) => {
      this.#now += 1
      this.most = Math.max(this.most, this.#now)
      await this.gate
      this.#now -= 1
      const refusal = this.refusals.shift()
      if (refusal !== undefined) throw refusal
      this.has.push((await chunk.text()).trim())
    },
  } as unknown as Transport
}

let relay: Relay
let device: FakeDevice
let clock: FakeClock
let files: Files
beforeEach(() => {
  relay = new Relay()
  device = new FakeDevice()
  clock = new FakeClock()
  const here = new Here(newDesk(NOW), device.store, 'a')
  files = new Files(desk as never, relay.transport, 'a', here, clock, { onReturn: () => () => undefined })
})

const keep = (told: (readonly [number, boolean])[] = [], name = 'a'): Promise<AttachmentJson> =>
  files.keep(new Blob(), name, 'a/b', (sent, paused) => told.push([sent, paused]))
const send = (made: AttachmentJson, told: (readonly [number, boolean])[] = []): Promise<void> =>
  files.send(made, (sent, paused) => told.push([sent, paused]))
function closed(): { open: () => void } {
  let open = (): void => undefined
  relay.gate = new Promise(resolve => {
    open = resolve
  })
  return { open }
}

describe('a file that is sent', () => {
  test('leaves while it is sealed, each chunk once, a few at a time, and then nothing of it is kept here', async () => {
    const gate = closed()
    const made = await keep()
    expect(device.files.size).toBe(CHUNKS.length) // sealed before any of it arrived
    const told: (readonly [number, boolean])[] = []
    const sending = send(made, told)
    gate.open()
    await sending
    expect([...relay.has].sort()).toEqual([...CHUNKS].sort())
    expect(relay.most).toBeLessThanOrEqual(4)
    expect(device.files.size).toBe(0)
    expect(told.at(-1)).toEqual([CHUNKS.length * SIZE, false])
  })

  test('says nothing more of the sealing once it is sealed', async () => {
    const gate = closed()
    const told: (readonly [number, boolean])[] = []
    const made = await keep(told)
    const before = told.length
    gate.open()
    await send(made)
    expect(told.length).toBe(before)
  })

  test('goes to the relay at once where the browser has no room', async () => {
    device.isFull = true
    await keep()
    expect(relay.has).toEqual(CHUNKS)
  })

  test('is refused by send() when the relay refuses it meanwhile, and stays here', async () => {
    relay.refusals.push(...CHUNKS.map(() => new Refusal('overQuota')), new Refusal('overQuota'))
    const made = await keep()
    const failed = await send(made).catch((error: unknown) => error)
    expect(isRefusal(failed, 'overQuota')).toBe(true)
    expect(relay.has).toEqual([])
    expect(device.files.size).toBe(CHUNKS.length)
  })

  test('waits for a relay that is away, says so to whoever asks now, and goes on', async () => {
    const gate = closed()
    relay.refusals.push(new Refusal('unreachable'))
    const made = await keep()
    const told: (readonly [number, boolean])[] = []
    const sending = send(made, told)
    gate.open()
    await expect.poll(() => told.some(([, paused]) => paused)).toBe(true)
    clock.pass(1000)
    await sending
    expect([...relay.has].sort()).toEqual([...CHUNKS].sort())
    expect(told.at(-1)).toEqual([CHUNKS.length * SIZE, false])
  })

  test('takes turns with the others, however many are chosen at once', async () => {
    const gate = closed()
    const made = await Promise.all(['a', 'b', 'c', 'd'].map(name => keep([], name)))
    const sending = Promise.all(made.map(one => send(one)))
    gate.open()
    await sending
    expect(relay.has).toHaveLength(4 * CHUNKS.length)
    expect(relay.most).toBe(4)
  })

  test('waits where other pages of this device have all its uploads under way', async () => {
    relay.refusals.push(new Refusal('limit', { limit: 'maxConcurrentUpload' }))
    const made = await keep()
    const sending = send(made)
    await expect.poll(() => relay.has.length).toBe(CHUNKS.length - 1)
    clock.pass(1000)
    await sending
    expect(relay.has).toHaveLength(CHUNKS.length)
  })

  test('is brought by another page of the same browser, which sends only what is still here', async () => {
    const gate = closed()
    const made = await keep()
    files.close() // the tab is closed
    device.files.delete('a chunk one')
    relay = new Relay()
    gate.open()
    const here = new Here(newDesk(NOW), device.store, 'a')
    files = new Files(desk as never, relay.transport, 'a', here, clock, { onReturn: () => () => undefined })
    await send(made)
    expect(relay.has).not.toContain('one')
    expect(device.files.size).toBe(0)
  })
})
