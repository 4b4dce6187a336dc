/** The page's side of the sealing worker: one promise for each call. Loads no cryptography itself. */
import type { AttachmentJson } from './attachment.ts'
import { CryptoError } from './errors.ts'
import type { Callbacks, OperationName, Operations, StreamName, Streams, ToPage, ToWorker } from './operations.ts'

/** A Worker, or what behaves like one. */
export interface WorkerLike {
  postMessage(message: ToWorker, transfer?: Transferable[]): void
  onmessage: ((event: MessageEvent<ToPage>) => void) | null
  onerror: ((event: ErrorEvent) => void) | null
}

/** The worker broke, or was given what no page should give it. A bug or a missing file: not a matter of bytes. */
export class DeskClosed extends Error {
  override readonly name = 'DeskClosed'
}

type Waiting = Callbacks & {
  readonly resolve: (value: never) => void
  readonly reject: (reason: unknown) => void
  /** What a callback threw: it goes through to the caller as it is. */
  failure?: { readonly reason: unknown }
}
type Asked = Extract<ToPage, { readonly kind: 'chunk' | 'fetch' }>

export class Desk {
  readonly #worker: WorkerLike
  readonly #waiting = new Map<number, Waiting>()
  #calls = 0

  constructor(worker: WorkerLike) {
    this.#worker = worker
    worker.onmessage = event => {
      this.#receive(event.data)
    }
    worker.onerror = () => {
      for (const { reject } of this.#waiting.values()) reject(new DeskClosed('the sealing worker stopped'))
      this.#waiting.clear()
    }
  }

  /** One of {@link Operations}. Rejects with CryptoError, or DeskClosed when the worker cannot be reached. */
  call<Name extends OperationName>(name: Name, args: Operations[Name][0]): Promise<Operations[Name][1]> {
    return this.#start(name, args, {})
  }

  /** The reference for the letter, once `onChunk` has kept every chunk. Also rejects with what onChunk throws. */
  sealFile(file: Streams['sealFile'][0], onChunk: NonNullable<Callbacks['onChunk']>): Promise<AttachmentJson> {
    return this.#start('sealFile', file, { onChunk })
  }

  /** The whole file, proved. Also rejects with what `fetchBlob` throws. */
  openFile(attachment: AttachmentJson, fetchBlob: NonNullable<Callbacks['fetchBlob']>): Promise<Blob> {
    return this.#start('openFile', attachment, { fetchBlob })
  }

  #start<T>(name: OperationName | StreamName, args: unknown, callbacks: Callbacks): Promise<T> {
    const id = this.#calls++
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { ...callbacks, resolve, reject })
      this.#worker.postMessage({ kind: 'call', id, name, args })
    })
  }

  #receive(message: ToPage): void {
    const waiting = this.#waiting.get(message.id)
    if (waiting === undefined) return
    if (message.kind === 'chunk' || message.kind === 'fetch') {
      void this.#reply(waiting, message)
      return
    }
    this.#waiting.delete(message.id)
    if (message.kind === 'done') waiting.resolve(message.value as never)
    else waiting.reject(waiting.failure === undefined ? refusalOf(message) : waiting.failure.reason)
  }

  async #reply(waiting: Waiting, asked: Asked): Promise<void> {
    const { id, turn } = asked
    try {
      const bytes = asked.kind === 'fetch' ? await fetched(waiting, asked) : await kept(waiting, asked)
      // What was fetched for the worker is given to it, not copied.
      this.#worker.postMessage({ kind: 'reply', id, turn, bytes }, bytes === null ? [] : [bytes.buffer])
    } catch (reason) {
      waiting.failure = { reason }
      this.#worker.postMessage({ kind: 'failed', id, turn })
    }
  }
}

const fetched = async ({ fetchBlob }: Waiting, { blobId }: Asked): Promise<Uint8Array | null> =>
  (await fetchBlob?.(blobId)) ?? null

async function kept({ onChunk }: Waiting, { index, chunk, blobId }: Extract<Asked, { kind: 'chunk' }>): Promise<null> {
  await onChunk?.(index, chunk, blobId)
  return null
}

const refusalOf = ({ error, item }: Extract<ToPage, { readonly kind: 'refused' }>): Error =>
  error === null ? new DeskClosed(item) : new CryptoError(error, item)
