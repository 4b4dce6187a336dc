/**
 * Everything of a mailbox in one ZIP that opens without Pli, in the form of the SDK's export (clients/sdk/exporting.py).
 *
 * Laws: no name of a letter chooses a place outside its folder; a file or letter that cannot be had is named, and ends nothing;
 * the manifest comes last, with the SHA-256 of every file, so that an archive with one is whole.
 */
import type { Attachment } from '../content/attachment.ts'
import { page, safeName, type Lost, type Missing, type Shown } from '../content/exportpage.ts'
import { toIcs } from '../content/ics.ts'
import { filesOf, toBytes } from '../content/letter.ts'
import { unb64u } from '../crypto/encoding.ts'
import { CryptoError } from '../crypto/errors.ts'
import { isRefusal } from '../wire/errors.ts'
import type { AccessLogEntry, Contact } from '../wire/types.ts'
import { BrokenLog, type AccessLog } from './accesslog.ts'
import { zip, type Entry as ZipEntry } from './archive.ts'
import { arrived, unreadable, type AgendaEntry, type Arrived, type Entry, type Unreadable } from './entries.ts'
import type { Files } from './files.ts'

/** The open mailbox as the export reads it: what it holds when it begins. */
export type Source = {
  readonly account: string
  readonly ownName: () => string
  readonly contacts: { readonly value: ReadonlyMap<string, Contact> }
  readonly entries: { readonly value: readonly Entry[] }
  readonly agenda: { readonly value: readonly AgendaEntry[] }
  readonly files: Pick<Files, 'openPatiently' | 'sha256'>
  readonly accessLog: Pick<AccessLog, 'newest' | 'before'>
}

/** `unreadable` letters and `lost` files are named in the archive, and are not in it. */
export type Exported = {
  readonly archive: Blob
  readonly letters: number
  readonly files: number
  readonly unreadable: number
  readonly lost: readonly string[]
}

type Watch = { readonly onLetter: (done: number, all: number) => void; readonly stop: AbortSignal }
type Listed = { readonly path: string; readonly sha256: string; readonly size: number }
type Gone = { readonly letter: string; readonly name: string; readonly path: string; readonly reason: string }

/** Raises Refusal `unauthorized` when the log-in ends meanwhile; the signal's reason when it is stopped; RangeError. */
export async function exportAll(source: Source, now: Date, watch: Watch): Promise<Exported> {
  const work = new Work(source, await aboutOf(source))
  const archive = await zip(() => work.all(now, watch))
  const { shown, closed, files, lost } = work
  return { archive, letters: shown.length, files, unreadable: closed.length, lost: lost.map(({ name }) => name) }
}

/** What account.json says. A log that was changed is not taken along: its page says what to do. */
async function aboutOf(source: Source): Promise<Readonly<Record<string, unknown>>> {
  const accessLog = await wholeLog(source.accessLog).catch((error: unknown) => {
    if (error instanceof BrokenLog) return null
    throw error
  })
  const { account, contacts } = source
  return { accessLog, account: { id: account, name: source.ownName() }, contacts: [...contacts.value.values()] }
}

async function wholeLog(log: Pick<AccessLog, 'newest' | 'before'>): Promise<readonly AccessLogEntry[]> {
  const rows = [...(await log.newest())]
  for (let last = rows.at(-1); last !== undefined; ) {
    const older = await log.before(last)
    rows.push(...older)
    last = older.at(-1)
  }
  return rows
}

class Work {
  readonly #source: Source
  readonly #about: Readonly<Record<string, unknown>>
  readonly #letters: readonly Arrived[]
  readonly #agenda: readonly AgendaEntry[]
  readonly closed: readonly Unreadable[]
  readonly #listed: Listed[] = []
  readonly #gone: Gone[] = []
  readonly shown: Shown[] = []
  readonly lost: Lost[] = []
  files = 0

  constructor(source: Source, about: Readonly<Record<string, unknown>>) {
    this.#source = source
    this.#about = about
    this.#letters = arrived(source.entries.value)
    this.#agenda = source.agenda.value
    this.closed = unreadable(source.entries.value)
  }

  async *all(now: Date, { onLetter, stop }: Watch): AsyncGenerator<ZipEntry> {
    const count = this.#letters.length
    for (const [done, item] of this.#letters.entries()) {
      onLetter(done, count)
      yield* this.#letter(item, stop)
    }
    onLetter(count, count)
    yield* this.#rest(now)
  }

  async *#letter(item: Arrived, stop: AbortSignal): AsyncGenerator<ZipEntry> {
    const lastModified = new Date(item.receivedAt)
    const paths: (readonly [string, string])[] = []
    for (const [at, attachment] of filesOf(item.letter).entries()) {
      const path = `files/${item.id}/${safeName(attachment.name, at + 1)}`
      stop.throwIfAborted()
      const input = await this.#fetched(item, attachment, path)
      stop.throwIfAborted()
      if (input === undefined) continue
      paths.push([attachment.name, path])
      yield { name: path, lastModified, input }
    }
    this.shown.push(shownAs(item, paths))
    yield* this.#text(`letters/${item.id}.json`, toBytes(item.letter), lastModified)
  }

  async *#rest(now: Date): AsyncGenerator<ZipEntry> {
    const [{ account }, agenda] = [this.#source, this.#agenda]
    if (agenda.length > 0) yield* this.#text('agenda.ics', utf8(toIcs(agenda)), now)
    yield* this.#text('account.json', json(this.#about), now)
    const missing = this.closed.map(({ id, receivedAt }): Missing => ({ id, when: moment(receivedAt), sender: '' }))
    const made = now.toISOString().slice(0, 10)
    const index = page({ account, made, agenda: agenda.length > 0 }, this.shown, missing, this.lost)
    yield* this.#text('index.html', utf8(index), now)
    const said = {
      account,
      files: this.#listed.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      made: now.toISOString().replace(/\.\d+/, ''),
      missing: this.#gone,
      unreadable: this.closed.map(({ id, reason }) => ({ id, reason })),
      v: 1,
    }
    yield { name: 'manifest.json', lastModified: now, input: json(said) }
  }

  async *#text(path: string, bytes: Uint8Array, lastModified: Date): AsyncGenerator<ZipEntry> {
    this.#list(path, bytes.length, await this.#source.files.sha256(bytes))
    yield { name: path, lastModified, input: bytes as Uint8Array<ArrayBuffer> }
  }

  /** Undefined for what cannot be had. What came was proved against the hash that its letter names. */
  async #fetched({ id, receivedAt }: Arrived, attachment: Attachment, path: string): Promise<Blob | undefined> {
    try {
      const blob = await this.#source.files.openPatiently(attachment)
      this.#list(path, attachment.size, unb64u(attachment.sha256))
      this.files += 1
      return blob
    } catch (error) {
      if (!(error instanceof CryptoError) && (!isRefusal(error) || error.kind === 'unauthorized')) throw error
      this.lost.push({ name: attachment.name, letter: id, when: moment(receivedAt) })
      this.#gone.push({ letter: id, name: attachment.name, path, reason: error.kind })
      return undefined
    }
  }

  #list(path: string, size: number, digest: Uint8Array): void {
    const sha256 = Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')
    this.#listed.push({ path, sha256, size })
  }
}

function shownAs({ id, box, receivedAt, letter }: Arrived, files: Shown['files']): Shown {
  const { name, address, account } = letter.sender
  const sender = `${name} ${address}`.trim() || account
  const copies = [['.json', `letters/${id}.json`]] as const
  return { id, when: moment(receivedAt), sent: box === 'out', sender, subject: letter.subject, text: letter.text, files, copies }
}

const moment = (date: string): string => `${new Date(date).toISOString().slice(0, 16).replace('T', ' ')} UTC`
const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
const json = (value: Readonly<Record<string, unknown>>): Uint8Array<ArrayBuffer> => utf8(`${JSON.stringify(value, undefined, 1)}\n`)
