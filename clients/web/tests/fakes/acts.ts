/** An account's access log as the relay keeps it: rows that follow each other (docs/spec/protocol.md, AccessLogEntry). */
import { canonical } from '../../src/crypto/encoding.ts'
import { sha256 } from '../../src/crypto/hashing.ts'
import type { AccessLogEntry } from '../../src/wire/types.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

export class FakeActs {
  rows: AccessLogEntry[] = []

  /** `at` has whole seconds, or six digits of one. */
  add(at: string, action: string, said: Partial<AccessLogEntry> = {}): AccessLogEntry {
    const seq = this.rows.length + 1
    const previous = this.rows.at(-1)?.hash ?? '0'.repeat(64)
    const row = { id: `e${seq}`, seq, at, actor: 'owner', by: null, device: null, action, object: null, outcome: 'done', ...said }
    const fraction = /\.(\d{6})/.exec(at)?.[1] ?? '0'
    const time = Date.parse(at.replace(/\.\d+/, '')) * 1000 + Number(fraction)
    const texts = [row.actor, row.by, row.device, row.action, row.object, row.outcome].map(text => text ?? '')
    const bytes = Buffer.concat([Buffer.from(previous, 'hex'), canonical([seq, time, ...texts])])
    const made = { ...row, previous, hash: hex(sha256(bytes)) }
    this.rows.push(made)
    return made
  }

  get(ids: readonly string[]): { readonly state: string; readonly list: readonly AccessLogEntry[] } {
    return { state: String(this.rows.length), list: this.rows.filter(({ id }) => ids.includes(id)) }
  }
}
