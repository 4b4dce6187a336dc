/** All files of an exchange in one ZIP, proved one after the other and never all in memory (APPNOTE.TXT, stored). */
import { downloadZip } from 'client-zip'
import { filesOf } from '../content/letter.ts'
import type { Arrived } from './entries.ts'
import type { Files } from './files.ts'

/** Raises CryptoError, Refusal: with the first file that cannot be had, there is no archive. */
export async function zipFiles(letters: readonly Arrived[], files: Pick<Files, 'open'>): Promise<Blob> {
  const taken = new Set<string>()
  let failure: { readonly reason: unknown } | undefined
  async function* inputs() {
    for (const { letter, receivedAt } of letters) {
      for (const attachment of filesOf(letter)) {
        const name = freeName(`${receivedAt.slice(0, 10)} ${attachment.name}`, taken)
        try {
          yield { name, lastModified: new Date(letter.sent), input: await files.open(attachment) }
        } catch (reason) {
          failure = { reason }
          throw reason
        }
      }
    }
  }
  try {
    return await downloadZip(inputs()).blob()
  } catch (error) {
    throw failure === undefined ? error : failure.reason // the stream may have wrapped it
  }
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
