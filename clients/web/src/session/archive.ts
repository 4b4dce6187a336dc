/** All files of an exchange in one ZIP, proved one after the other and never all in memory (APPNOTE.TXT, stored). */
import { plainName } from '../content/attachment.ts'
import { makeZip } from 'client-zip'
import { filesOf } from '../content/letter.ts'
import type { Arrived } from './entries.ts'
import type { Files } from './files.ts'

/** One file of an archive. */
export type Entry = { readonly name: string; readonly lastModified: Date; readonly input: Blob | Uint8Array<ArrayBuffer> | string }

const PIECE = 4 << 20 // bytes: what is larger a browser keeps where it wants, which is its disk when there is much of it

/** Raises CryptoError, Refusal: with the first file that cannot be had, there is no archive. */
export function zipFiles(letters: readonly Arrived[], files: Pick<Files, 'open'>): Promise<Blob> {
  const taken = new Set<string>()
  return zip(async function* () {
    for (const { letter, receivedAt } of letters) {
      for (const attachment of filesOf(letter)) {
        const name = freeName(`${receivedAt.slice(0, 10)} ${plainName(attachment.name)}`, taken)
        yield { name, lastModified: new Date(letter.sent), input: await files.open(attachment) }
      }
    }
  })
}

/** What `entries` gives, one after the other. Rejects with what `entries` throws. */
export async function zip(entries: () => AsyncGenerator<Entry>): Promise<Blob> {
  let failure: { readonly reason: unknown } | undefined
  async function* watched(): AsyncGenerator<Entry> {
    try {
      yield* entries()
    } catch (reason) {
      failure = { reason }
      throw reason
    }
  }
  try {
    return await gathered(makeZip(watched()))
  } catch (error) {
    throw failure === undefined ? error : failure.reason // the stream may have wrapped it
  }
}

/** The pieces of a stream as one Blob; no more than one piece is in the page's own memory. */
async function gathered(stream: ReadableStream<Uint8Array>): Promise<Blob> {
  const reader = stream.getReader()
  const blobs: Blob[] = []
  let [piece, size]: [Uint8Array<ArrayBuffer>[], number] = [[], 0]
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    piece.push(next.value as Uint8Array<ArrayBuffer>)
    size += next.value.length
    if (size < PIECE) continue
    blobs.push(new Blob(piece))
    ;[piece, size] = [[], 0]
  }
  return new Blob([...blobs, ...piece], { type: 'application/zip' })
}

/** "cr.pdf", then "cr (2).pdf". Kept in `taken`. */
export function freeName(name: string, taken: Set<string>): string {
  const dot = name.lastIndexOf('.')
  const [stem, end] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, '']
  let free = name
  for (let number = 2; taken.has(free.toLowerCase()); number++) free = `${stem} (${number})${end}`
  taken.add(free.toLowerCase())
  return free
}
