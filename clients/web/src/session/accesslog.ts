/**
 * Who did what in the open mailbox, as the relay wrote it down, and the proof that nothing of it was changed since it was
 * last looked at (docs/spec/protocol.md, AccessLogEntry; the Python side is clients/sdk/life.py).
 *
 * Law: no row is shown that does not follow the rows that this person's devices have seen.
 */
import { join, utf8 } from '../crypto/bytes.ts'
import { canonical, type Json } from '../crypto/encoding.ts'
import { isRefusal } from '../wire/errors.ts'
import { MAX_OBJECTS_IN_GET } from '../wire/limits.ts'
import type { AccessLogEntry } from '../wire/types.ts'
import type { Desk } from './desk.ts'
import type { Mailbox } from './mailbox.ts'
import type { Transport } from './transport.ts'

/** A row is missing, moved or changed: `seq` is the first that does not fit. */
export class BrokenLog extends Error {
  override readonly name = 'BrokenLog'
  readonly seq: number

  constructor(seq: number) {
    super(`the access log is broken at entry ${seq}`)
    this.seq = seq
  }
}

type Seen = { readonly seq: number; readonly hash: string }

const PAGE = 100 // rows that are shown at once
const BEGINNING = '0'.repeat(64)

export class AccessLog {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #mailbox: Mailbox

  constructor(desk: Desk, transport: Transport, mailbox: Mailbox) {
    this.#desk = desk
    this.#transport = transport
    this.#mailbox = mailbox
  }

  /** The newest rows, newest first, and all that came since the last look. Raises BrokenLog, Refusal. */
  async newest(): Promise<readonly AccessLogEntry[]> {
    const seen = asSeen(await this.#mailbox.states.load('access'))
    const { state } = await this.#get([])
    const last = Number(state)
    if (seen !== undefined && last < seen.seq) throw new BrokenLog(last + 1)
    const from = Math.max(1, Math.min(last - PAGE + 1, seen?.seq ?? last))
    const rows = await this.#rows(from, last)
    const known = rows.find(({ seq }) => seq === seen?.seq)
    if (seen !== undefined && known?.hash !== seen.hash) throw new BrokenLog(seen.seq)
    await this.#remember(rows.at(-1), seen)
    return rows.toReversed()
  }

  /** The rows before `next`, newest first; empty at the beginning. Raises BrokenLog, Refusal. */
  async before(next: AccessLogEntry): Promise<readonly AccessLogEntry[]> {
    if (next.seq === 1) return []
    const rows = await this.#rows(Math.max(1, next.seq - PAGE), next.seq - 1)
    if (rows.at(-1)?.hash !== next.previous) throw new BrokenLog(next.seq - 1)
    return rows.toReversed()
  }

  /** Oldest first, each following the one before. */
  async #rows(from: number, last: number): Promise<readonly AccessLogEntry[]> {
    const rows: AccessLogEntry[] = []
    for (let first = from; first <= last; first += MAX_OBJECTS_IN_GET) {
      const end = Math.min(last, first + MAX_OBJECTS_IN_GET - 1)
      const ids = Array.from({ length: end - first + 1 }, (_, at) => `e${first + at}`)
      rows.push(...(await this.#get(ids)).list.toSorted((a, b) => a.seq - b.seq))
    }
    await this.#verify(rows, from, last)
    return rows
  }

  async #verify(rows: readonly AccessLogEntry[], from: number, last: number): Promise<void> {
    let previous = from === 1 ? BEGINNING : rows[0]?.previous
    for (let seq = from; seq <= last; seq++) {
      const row = rows[seq - from]
      if (row?.seq !== seq || row.previous !== previous || row.hash !== (await this.#hash(row))) throw new BrokenLog(seq)
      previous = row.hash
    }
  }

  async #hash(row: AccessLogEntry): Promise<string> {
    const texts = [row.actor, row.by, row.device, row.action, row.object, row.outcome].map(text => text ?? '')
    const said = canonical([row.seq, microseconds(row.at), ...texts])
    return hex(await this.#desk.call('sha256', join(bytes(row.previous), said)))
  }

  #get(ids: readonly string[]): Promise<{ readonly state: string; readonly list: readonly AccessLogEntry[] }> {
    return this.#transport.call('AccessLogEntry/get', { accountId: this.#mailbox.account, ids })
  }

  async #remember(newest: AccessLogEntry | undefined, seen: Seen | undefined): Promise<void> {
    if (newest === undefined || newest.seq === seen?.seq) return
    const now = { hash: newest.hash, seq: newest.seq }
    try {
      await this.#mailbox.states.save('access', there => further(asSeen(there), now))
    } catch (error) {
      if (!isRefusal(error)) throw error // it is remembered the next time
    }
  }
}

/** Another device may have seen more. */
const further = (there: Seen | undefined, now: Seen): Json =>
  there !== undefined && there.seq > now.seq ? { hash: there.hash, seq: there.seq } : { hash: now.hash, seq: now.seq }

function asSeen(value: Json | undefined): Seen | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const { seq, hash } = value as Record<string, Json>
  return typeof seq === 'number' && typeof hash === 'string' ? { seq, hash } : undefined
}

/** Since 1970; a time of the relay has six digits of a second, or none (RFC 3339). */
function microseconds(at: string): number {
  const fraction = /\.(\d{1,6})/.exec(at)?.[1] ?? ''
  return Date.parse(at.replace(/\.\d+/, '')) * 1000 + Number(fraction.padEnd(6, '0'))
}

const hex = (digest: Uint8Array): string => Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')

/** What is no hexadecimal gives a hash that fits nothing. */
function bytes(text: string): Uint8Array {
  if (!/^([0-9a-f]{2})*$/.test(text)) return utf8(text)
  return Uint8Array.from(text.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
}
