/** Files of letters: sealed and uploaded chunk by chunk, fetched and proved. Nothing unsealed goes to the network. */
import type { Attachment } from '../content/attachment.ts'
import type { Desk } from './desk.ts'
import type { Transport } from './transport.ts'

const PARALLEL = 4 // uploads under way at once: enough for a phone's line, and little memory

export class Files {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #account: string

  constructor(desk: Desk, transport: Transport, account: string) {
    this.#desk = desk
    this.#transport = transport
    this.#account = account
  }

  /** Seal and upload. `onBytes` hears how many sealed bytes are at the relay. Raises Refusal, RangeError. */
  async keep(blob: Blob, name: string, type: string, onBytes: (sent: number) => void): Promise<Attachment> {
    const underWay = new Set<Promise<void>>()
    let sent = 0
    const reference = await this.#desk.sealFile({ blob, name, type }, async (_index, bytes) => {
      const upload = this.#transport.upload(this.#account, bytes).then(() => {
        sent += bytes.length
        onBytes(sent)
      })
      const tracked = upload.finally(() => underWay.delete(tracked))
      tracked.catch(() => undefined) // awaited below, or by the next chunk that waits for room
      underWay.add(tracked)
      if (underWay.size >= PARALLEL) await Promise.race(underWay)
    })
    await Promise.all(underWay)
    return reference
  }

  /** The whole file, proved. Raises CryptoError, Refusal. */
  async fetch(attachment: Attachment): Promise<Uint8Array> {
    const blob = await this.#desk.openFile(attachment, blobId => this.#transport.download(this.#account, blobId))
    return new Uint8Array(await blob.arrayBuffer())
  }
}
