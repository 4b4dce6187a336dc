/**
 * Files of letters: sealed and uploaded chunk by chunk, fetched and proved. Nothing unsealed goes to the network.
 *
 * Law: sealed chunks wait in this browser until the relay has them: a line that breaks, or a page that is closed, loses none
 * once the file is sealed.
 */
import type { Attachment } from '../content/attachment.ts'
import { isRefusal, Refusal } from '../wire/errors.ts'
import type { Desk } from './desk.ts'
import type { Here } from './here.ts'
import type { Clock, Presence } from './ports.ts'
import type { Transport } from './transport.ts'
import { Turns } from './turns.ts'

// Uploads under way at once, of all files together: enough for a phone's line, little memory, and half of what the relay
// takes of one device (docs/spec/protocol.md, maxConcurrentUpload), so that two pages of it do not hinder each other.
const PARALLEL = 4
const BACKOFF = [1, 2, 4, 8, 16, 30] // seconds
const TRIES = 4
const CHUNK = 'chunk '

type OnPaused = (paused: boolean) => void
/** A chunk on its way to the relay. `onPaused`: of whoever asked for it last. */
type Moving = { readonly done: Promise<number>; isPaused: boolean; onPaused: OnPaused }

/** `sent`: bytes at the relay. `paused`: it does not answer, and is asked again. */
export type OnProgress = (sent: number, paused: boolean) => void

export class Files {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #account: string
  readonly #here: Here
  readonly #clock: Clock
  readonly #presence: Pick<Presence, 'onReturn'>
  #ended = false
  #opening = 0
  /** The last file was not had: the relay did not answer. */
  #away = false
  readonly #wakes = new Set<() => void>()
  readonly #moving = new Map<string, Moving>()
  readonly #turns = new Turns(PARALLEL)

  constructor(desk: Desk, transport: Transport, account: string, here: Here, clock: Clock, presence: Pick<Presence, 'onReturn'>) {
    this.#desk = desk
    this.#transport = transport
    this.#account = account
    this.#here = here
    this.#clock = clock
    this.#presence = presence
  }

  /**
   * Seal; {@link send} then brings to the relay what is not there yet: chunks leave while the next are sealed. Those that this
   * browser cannot keep are at the relay before the next is sealed. Raises Refusal, RangeError.
   */
  async keep(blob: Blob, name: string, type: string, onProgress: OnProgress): Promise<Attachment> {
    const waiting: string[] = []
    const report = reporting(onProgress)
    let runners = 0
    const run = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        report.sent(await this.#move(next, report.paused))
      }
      runners -= 1
    }
    const begin = (): void => {
      if (runners === PARALLEL) return
      runners += 1
      run().catch(() => undefined) // what the relay refuses is said by send(), which asks again
    }
    try {
      return await this.#desk.sealFile({ blob, name, type }, async (_index, chunk, blobId) => {
        if (await this.#here.putFile(CHUNK + blobId, chunk)) {
          waiting.push(blobId)
          begin()
        } else {
          await this.#upload(chunk, report.paused)
          report.sent(chunk.size)
        }
      })
    } finally {
      waiting.length = 0
      report.end()
    }
  }

  /** Upload what of this file is still here. Raises Refusal; `unauthorized` when the mailbox closes meanwhile. */
  async send({ chunks, size }: Attachment, onProgress: OnProgress): Promise<void> {
    const waiting = await this.#waiting(chunks)
    const each = size / Math.max(1, chunks.length)
    const report = reporting(onProgress, (chunks.length - waiting.length) * each)
    const next = async (): Promise<void> => {
      for (let blob = waiting.shift(); blob !== undefined; blob = waiting.shift()) {
        await this.#move(blob, report.paused)
        report.sent(each)
      }
    }
    report.sent(0)
    await Promise.all(Array.from({ length: PARALLEL }, next))
  }

  /** Nobody wants this file any more. */
  drop({ chunks }: Attachment): Promise<void> {
    return this.#here.remove(...chunks.map(chunk => CHUNK + chunk))
  }

  /** The whole file, proved. Raises CryptoError, Refusal. */
  async fetch(attachment: Attachment): Promise<Uint8Array> {
    return new Uint8Array(await (await this.open(attachment)).arrayBuffer())
  }

  /** As {@link fetch}, as what a browser may keep on its disk. */
  open(attachment: Attachment): Promise<Blob> {
    return this.#desk.openFile(attachment, blobId => this.#transport.download(this.#account, blobId))
  }

  /**
   * As {@link open}, asked again while the relay does not answer: four times in all, and once where the last file was not had
   * for that reason. Raises CryptoError, Refusal.
   */
  async openPatiently(attachment: Attachment): Promise<Blob> {
    this.#opening += 1
    try {
      return await this.#again(attachment)
    } finally {
      this.#opening -= 1
    }
  }

  async #again(attachment: Attachment): Promise<Blob> {
    for (let attempt = this.#away ? TRIES : 1; ; attempt++) {
      if (this.#ended) throw new Refusal('unauthorized')
      try {
        const blob = await this.open(attachment)
        this.#away = false
        return blob
      } catch (error) {
        const passes = isRefusal(error) && PASSING.has(error.kind)
        this.#away = passes && attempt >= TRIES
        if (!passes || this.#away) throw error
        await this.#pause(error.retryAfter ?? BACKOFF[attempt - 1] ?? 1)
      }
    }
  }

  /** Something is being fetched that nobody needs to watch. */
  get busy(): boolean {
    return this.#opening > 0
  }

  sha256(bytes: Uint8Array): Promise<Uint8Array> {
    return this.#desk.call('sha256', bytes)
  }

  close(): void {
    this.#ended = true
    for (const wake of this.#wakes) wake()
  }

  async #waiting(chunks: readonly string[]): Promise<string[]> {
    const here = new Set(await this.#here.names(CHUNK))
    return [...new Set(chunks)].filter(chunk => here.has(CHUNK + chunk))
  }

  /** Bring a chunk that is here to the relay: once, whoever asks meanwhile. Raises as {@link send}. */
  #move(blobId: string, onPaused: OnPaused): Promise<number> {
    const moving = this.#moving.get(blobId) ?? { done: this.#bring(blobId), isPaused: false, onPaused }
    moving.onPaused = onPaused
    if (moving.isPaused) onPaused(true)
    this.#moving.set(blobId, moving)
    return moving.done
  }

  async #bring(blobId: string): Promise<number> {
    try {
      const chunk = await this.#here.getFile(CHUNK + blobId)
      if (chunk === undefined) return 0
      await this.#upload(chunk, paused => {
        const moving = this.#moving.get(blobId)
        if (moving === undefined) return
        moving.isPaused = paused
        moving.onPaused(paused)
      })
      await this.#here.remove(CHUNK + blobId)
      return chunk.size
    } finally {
      this.#moving.delete(blobId)
    }
  }

  /** Until the relay has it. Raises Refusal that waiting does not mend. */
  async #upload(bytes: Blob, onPaused: OnPaused): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      if (this.#ended) throw new Refusal('unauthorized')
      try {
        await this.#turns.take(() => this.#transport.upload(this.#account, bytes))
        if (attempt > 0) onPaused(false)
        return
      } catch (error) {
        if (!isRefusal(error) || !PASSING.has(error.kind)) throw error
        onPaused(true)
        await this.#pause(error.retryAfter ?? BACKOFF[Math.min(attempt, BACKOFF.length - 1)] ?? 1)
      }
    }
  }

  /** Ended sooner when the network comes back. */
  #pause(seconds: number): Promise<void> {
    return new Promise(resolve => {
      const wake = (): void => {
        this.#wakes.delete(wake)
        cancel()
        stop()
        resolve()
      }
      const cancel = this.#clock.later(seconds * 1000, wake)
      const stop = this.#presence.onReturn(wake)
      this.#wakes.add(wake)
    })
  }
}

// `limit`: other pages of this device have all its uploads under way.
const PASSING = new Set<string>(['unreachable', 'serverUnavailable', 'timeout', 'rateLimit', 'limit'])

type Report = { readonly sent: (more: number) => void; readonly paused: (now: boolean) => void; readonly end: () => void }

/** Both are told together: how much is there by now, and whether it goes on. Nothing after the end. */
function reporting(onProgress: OnProgress, before = 0): Report {
  let [sent, isPaused, isOver] = [before, false, false]
  const tell = (): void => {
    if (!isOver) onProgress(sent, isPaused)
  }
  return {
    sent: more => {
      sent += more
      tell()
    },
    paused: now => {
      isPaused = now
      tell()
    },
    end: () => {
      isOver = true
    },
  }
}
