/** What a checkpoint of the log says: its origin, how many entries it has, and the root of their tree (C2SP tlog-checkpoint). */
import { under, CryptoError } from '../errors.ts'
import { base64, unbase64 } from './base64.ts'
import type { SignedTree } from './note.ts'

const ITEM = 'transparency/6'
const TEXT = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([^\n]+)\n$/

export const checkpointText = (origin: string, size: number, root: Uint8Array): string =>
  `${origin}\n${size}\n${base64(root)}\n`

/** Raises BadCheckpoint: extension lines, leading zeroes, a root that is not 32 bytes, another origin. */
export function parseCheckpointText(text: string, origin: string): SignedTree {
  const [, said = '', count = '', encoded = ''] = TEXT.exec(text) ?? []
  const size = Number(count)
  if (said === '' || said !== origin || !Number.isSafeInteger(size)) throw new CryptoError('BadCheckpoint', ITEM)
  const root = under('BadCheckpoint', ITEM, () => unbase64(encoded, 32))
  return { origin: said, size, root, text }
}
