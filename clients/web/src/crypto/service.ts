/** The worker's side of the conversation: a call goes to the vault, a stream asks back. No thread of its own. */
import { attachmentFromJson, attachmentToJson } from './attachment.ts'
import { CryptoError } from './errors.ts'
import { openChunks, sealFile } from './file.ts'
import { free } from './free.ts'
import type { OperationName, StreamName, Streams, ToPage, ToWorker } from './operations.ts'
import { ready } from './sodium.ts'
import type { Vault } from './vault.ts'

type Send = (message: ToPage) => void
type Answer = (bytes: Uint8Array | null | undefined) => void
/** What a stream says while it runs. */
type Question =
  | { readonly kind: 'chunk'; readonly index: number; readonly chunk: Blob; readonly blobId: string }
  | { readonly kind: 'fetch'; readonly blobId: string }

/** The page could not do what a stream asked; it knows why. */
class NotAnswered extends Error {
  override readonly name = 'NotAnswered'
}

export class Service {
  readonly #vault: Vault
  readonly #send: Send
  readonly #asked = new Map<string, Answer>()

  constructor(vault: Vault, send: Send) {
    this.#vault = vault
    this.#send = send
  }

  async receive(message: ToWorker): Promise<void> {
    if (message.kind === 'call') {
      await this.#call(message.id, message.name, message.args)
      return
    }
    const key = `${message.id} ${message.turn}`
    this.#asked.get(key)?.(message.kind === 'reply' ? message.bytes : undefined)
    this.#asked.delete(key)
  }

  async #call(id: number, name: OperationName | StreamName, args: unknown): Promise<void> {
    try {
      await ready()
      this.#send({ kind: 'done', id, value: await this.#run(id, name, args) })
    } catch (error) {
      // What is not a CryptoError says nothing of itself: it could quote what was given.
      const refused = error instanceof CryptoError ? error : undefined
      this.#send({ kind: 'refused', id, error: refused?.kind ?? null, item: refused?.message ?? nameOf(error) })
    }
  }

  #run(id: number, name: OperationName | StreamName, args: unknown): unknown {
    // The desk is the only caller and is typed: a name always comes with its own arguments.
    if (name === 'sealFile') return this.#sealFile(id, args as Streams['sealFile'][0])
    if (name === 'openFile') return this.#openFile(id, args as Streams['openFile'][0])
    return this.#vault[name](args as never)
  }

  async #sealFile(id: number, { blob, name, type }: Streams['sealFile'][0]): Promise<Streams['sealFile'][1]> {
    const attachment = await sealFile(blob, name, type, async (index, bytes, blobId) => {
      const chunk = blobOf(bytes)
      await this.#ask(id, index, { kind: 'chunk', index, chunk, blobId })
    })
    return attachmentToJson(attachment)
  }

  /** The pieces become parts of one Blob as they come: a browser may keep those on disk. */
  async #openFile(id: number, reference: Streams['openFile'][0]): Promise<Blob> {
    const attachment = attachmentFromJson(reference)
    const parts: Blob[] = []
    const given: Uint8Array[] = [] // in the order in which they were asked for
    let turn = 0
    const fetchBlob = async (blobId: string): Promise<Uint8Array> => {
      const at = turn++
      const bytes = await this.#ask(id, at, { kind: 'fetch', blobId })
      if (bytes === null) throw new NotAnswered()
      given[at] = bytes
      return bytes
    }
    for await (const piece of openChunks(attachment, fetchBlob)) {
      free(given[parts.length])
      parts.push(blobOf(piece))
    }
    return new Blob(parts, { type: 'application/octet-stream' })
  }

  #ask(id: number, turn: number, question: Question): Promise<Uint8Array | null> {
    return new Promise((resolve, reject) => {
      this.#asked.set(`${id} ${turn}`, bytes => {
        if (bytes === undefined) reject(new NotAnswered())
        else resolve(bytes)
      })
      this.#send({ ...question, id, turn })
    })
  }
}

/** A browser keeps it outside of this thread, and where it can on its disk. The bytes are not to be used again. */
function blobOf(bytes: Uint8Array): Blob {
  const blob = new Blob([bytes as Uint8Array<ArrayBuffer>])
  free(bytes)
  return blob
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown')
