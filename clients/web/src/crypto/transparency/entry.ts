/** One leaf of the log: a statement with its signature and voucher (docs/spec/transparency.md, Entry and tree). */
import { b64u, canonical, parseCanonical, unb64u } from '../encoding.ts'
import { CryptoError, under } from '../errors.ts'
import { ENTRY_LIMIT } from '../labels.ts'
import { members, text } from '../shape.ts'
import { type Announcement, readStatement } from './statement.ts'

const FORM = 'transparency/1'

/** At most 4096 bytes. Raises BadStatement for a statement that is none. */
export function encodeEntry({ statement, signature, voucher }: Announcement): Uint8Array {
  const entry = under('BadStatement', FORM, () =>
    canonical({
      signature: b64u(signature),
      statement: parseCanonical(readStatement(statement).raw),
      voucher: voucher === null ? null : b64u(voucher),
    }),
  )
  if (entry.length > ENTRY_LIMIT) throw new CryptoError('BadStatement', FORM)
  return entry
}

/** What an entry announces, of the right form; no signature is verified yet. Raises BadStatement. */
export function parseEntry(raw: Uint8Array): Announcement {
  if (raw.length > ENTRY_LIMIT) throw new CryptoError('BadStatement', FORM)
  return under('BadStatement', FORM, () => {
    const said = members(parseCanonical(raw), ['signature', 'statement', 'voucher'])
    // Part of canonical JSON, so these are the bytes that were signed.
    const statement = canonical(said.statement)
    readStatement(statement)
    const voucher = said.voucher === null ? null : unb64u(text(said.voucher), 64)
    return { statement, signature: unb64u(text(said.signature), 64), voucher }
  })
}
