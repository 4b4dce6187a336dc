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

const PARALLEL = 4 // uploads under way at once: enough for a phone's line, and little memory
const BACKOFF = [1, 2, 4, 8, 16, 30] // seconds
const TRIES = 4
const CHUNK = 'chunk '

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

  constructor(desk: Desk, transport: Transport, account: string, here: Here, clock: Clock, presence: Pick<Presence, 'onReturn'>) {
    this.#desk = desk
    this.#transport = transport
    this.#account = account
    this.#here = here
    this.#clock = clock
    this.#presence = presence
  }

  /** Seal; then {@link send} brings it to the relay. Chunks that this browser cannot keep go there at once. Raises Refusal, RangeError. */
  async keep(blob: Blob, name: string, type: string, onProgress: OnProgress): Promise<Attachment> {
    let sent = 0
    return this.#desk.sealFile({ blob, name, type }, async (_index, bytes, blobId) => {
      if (await this.#here.putSealed(CHUNK + blobId, bytes)) return
      await this.#upload(bytes, paused => onProgress(sent, paused))
      sent += bytes.length
      onProgress(sent, false)
    })
  }

  /** Upload what of this file is still here. Raises Refusal; `unauthorized` when the mailbox closes meanwhile. */
  async send({ chunks, size }: Attachment, onProgress: OnProgress): Promise<void> {
    const waiting = await this.#waiting(chunks)
    const each = size / Math.max(1, chunks.length)
    let [done, paused] = [chunks.length - waiting.length, false]
    const tell = (): void => onProgress(done * each, paused)
    const next = async (): Promise<void> => {
      for (let blob = waiting.shift(); blob !== undefined; blob = waiting.shift()) {
        const bytes = await this.#here.getSealed(CHUNK + blob)
        if (bytes !== undefined) {
          await this.#upload(bytes, now => {
            paused = now
            tell()
          })
          await this.#here.remove(CHUNK + blob)
        }
        done += 1
        tell()
      }
    }
    tell()
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

  /** Until the relay has it. Raises Refusal that waiting does not mend. */
  async #upload(bytes: Uint8Array, onPaused: (paused: boolean) => void): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      if (this.#ended) throw new Refusal('unauthorized')
      try {
        await this.#transport.upload(this.#account, bytes)
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

const PASSING = new Set<string>(['unreachable', 'serverUnavailable', 'timeout', 'rateLimit'])
