/** Everything in one archive: what is in it, what it says of itself, and what does not end it. */
import { createHash } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import type { Attachment } from '../../src/content/attachment.ts'
import { toBytes } from '../../src/content/letter.ts'
import { CryptoError } from '../../src/crypto/errors.ts'
import { BrokenLog } from '../../src/session/accesslog.ts'
import type { Entry } from '../../src/session/entries.ts'
import { agenda } from '../../src/session/entries.ts'
import { exportAll, type Exported, type Source } from '../../src/session/exporting.ts'
import { Refusal } from '../../src/wire/errors.ts'
import type { AccessLogEntry } from '../../src/wire/types.ts'
import { ANNE, arrived, hash, id, invitation, letter } from '../fakes/letters.ts'
import { unzip } from '../fakes/unzip.ts'

const NOW = new Date('2024-03-13T10:00:00Z')
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

/** name -> its bytes, or why it cannot be had. */
let stored: Map<string, Uint8Array<ArrayBuffer> | Error>
let entries: Entry[]
let stop: AbortController
let told: string[]
let newest: () => Promise<readonly AccessLogEntry[]>

beforeEach(() => {
  stored = new Map()
  entries = []
  told = []
  stop = new AbortController()
  newest = () => Promise.resolve([])
})

function attached(name: string, content: string | Error): Attachment {
  const bytes = content instanceof Error ? new Uint8Array() : new TextEncoder().encode(content)
  stored.set(name, content instanceof Error ? content : bytes)
  return { chunks: [], id: id('F'), key: hash('k'), name, sha256: sha256(bytes).toString('base64url'), size: bytes.length, type: 'text/plain' }
}

function came(letters: string, files: readonly Attachment[], text = 'Bonjour'): void {
  const parts = files.map(file => ({ kind: 'file', file }) as const)
  entries.push(arrived({ id: `m${letters.repeat(26)}`, letter: letter({ message: id(letters.toUpperCase()), parts, text }) }))
}

function source(): Source {
  const openPatiently = ({ name }: Attachment): Promise<Blob> => {
    const found = stored.get(name)
    return found instanceof Uint8Array ? Promise.resolve(new Blob([found])) : Promise.reject(found ?? new Error(name))
  }
  return {
    account: ANNE,
    ownName: () => 'Anne DURAND',
    contacts: { value: new Map() },
    entries: { value: entries },
    agenda: { value: agenda(entries) },
    files: { openPatiently, sha256: bytes => Promise.resolve(sha256(bytes)) },
    accessLog: { newest: () => newest(), before: () => Promise.resolve([]) },
  }
}

const exported = (): Promise<Exported> =>
  exportAll(source(), NOW, { stop: stop.signal, onLetter: (done, all) => told.push(`${done}/${all}`) })

type Manifest = { files: { path: string; sha256: string; size: number }[]; missing: { name: string; reason: string }[]; unreadable: { id: string }[] }
const manifestOf = (files: ReadonlyMap<string, Buffer>): Manifest => JSON.parse(files.get('manifest.json')!.toString()) as Manifest

test('originals, letters, agenda, page, and a manifest that holds the hash of each', async () => {
  came('b', [attached('tension.txt', '12/8'), attached('../tension.txt', '13/8')])
  entries.push(arrived({ id: `m${'c'.repeat(26)}`, letter: letter({ message: id('C'), parts: [invitation()] }) }))
  const { archive, letters, files } = await exported()
  const found = unzip(await archive.arrayBuffer())
  const folder = `files/m${'b'.repeat(26)}`
  expect(found.get(`${folder}/1-tension.txt`)?.toString()).toBe('12/8')
  expect(found.get(`${folder}/2-_tension.txt`)?.toString()).toBe('13/8')
  expect(found.get(`letters/m${'b'.repeat(26)}.json`)).toEqual(Buffer.from(toBytes((entries[0] as ReturnType<typeof arrived>).letter)))
  expect(found.get('agenda.ics')?.toString()).toContain('SUMMARY:Consultation')
  expect([letters, files]).toEqual([2, 2])
  const listed = manifestOf(found).files
  expect(listed.map(({ path }) => path)).toEqual([...found.keys()].filter(name => name !== 'manifest.json').sort())
  for (const { path, sha256: said, size } of listed) {
    expect([path, said, size]).toEqual([path, sha256(found.get(path)!).toString('hex'), found.get(path)!.length])
  }
  expect(told).toEqual(['0/2', '1/2', '2/2'])
})

test('what the archive is called inside never leads out of it', async () => {
  came('b', [attached('..\\..\\evil.exe', 'x'), attached('/etc/passwd', 'x'), attached('..', 'x')])
  const { archive } = await exported()
  for (const name of unzip(await archive.arrayBuffer()).keys()) {
    expect(name).toMatch(/^[^/\\:][^\\:]*$/)
    expect(name.split('/')).not.toContain('..')
  }
})

test.each([new Refusal('blobNotFound'), new CryptoError('CannotOpen', 'x'), new Refusal('unreachable')])('a file that cannot be had is named: %s', async reason => {
  came('b', [attached('perdu.pdf', reason), attached('tension.txt', '12/8')])
  const { archive, files, lost } = await exported()
  const found = unzip(await archive.arrayBuffer())
  expect([files, lost]).toEqual([1, ['perdu.pdf']])
  expect(manifestOf(found).missing).toMatchObject([{ name: 'perdu.pdf', reason: reason.kind }])
  expect(found.get('index.html')!.toString()).toContain('perdu.pdf')
  expect([...found.keys()].filter(name => name.startsWith('files/'))).toHaveLength(1)
})

test('a letter that does not open is named', async () => {
  entries.push({ kind: 'unreadable', id: `m${'x'.repeat(26)}`, receivedAt: '2024-03-12T09:00:05Z', reason: 'cannotOpen' })
  const { archive, unreadable, letters } = await exported()
  expect([letters, unreadable]).toEqual([0, 1])
  expect(manifestOf(unzip(await archive.arrayBuffer())).unreadable).toEqual([{ id: `m${'x'.repeat(26)}`, reason: 'cannotOpen' }])
})

test('a log of accesses that was changed is not taken along as if it were true', async () => {
  newest = () => Promise.reject(new BrokenLog(3))
  const { archive } = await exported()
  const account = JSON.parse(unzip(await archive.arrayBuffer()).get('account.json')!.toString()) as { accessLog: unknown }
  expect(account.accessLog).toBeNull()
})

test('the end of the log-in ends it', async () => {
  came('b', [attached('tension.txt', new Refusal('unauthorized'))])
  await expect(exported()).rejects.toMatchObject({ kind: 'unauthorized' })
})

test('what is stopped gives no archive, and asks for nothing more', async () => {
  came('b', [attached('un.txt', '1'), attached('deux.txt', '2')])
  stop.abort()
  stored.clear()
  await expect(exported()).rejects.toMatchObject({ name: 'AbortError' })
})

test('a fault of our own is not taken for a file that is missing', async () => {
  came('b', [attached('tension.txt', new TypeError('bug'))])
  await expect(exported()).rejects.toThrow(TypeError)
})
