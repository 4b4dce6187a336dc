import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonical, type Json } from '../../src/crypto/encoding.ts'
import { filesOf, fromBytes, NotALetter, toBytes } from '../../src/content/letter.ts'
import { safeName } from '../../src/content/attachment.ts'
import { partFromJson } from '../../src/content/kinds.ts'
import { id, hash, invitation, letter } from '../fakes/letters.ts'

const attachment = {
  chunks: [`b${'0'.repeat(64)}`],
  id: id('A'),
  key: hash('k'),
  name: 'résultats.pdf',
  sha256: hash('h'),
  size: 12,
  type: 'application/pdf',
}

const reasonOf = (bytes: Uint8Array): string => {
  try {
    fromBytes(bytes)
    return 'read'
  } catch (error) {
    return error instanceof NotALetter ? error.reason : 'another error'
  }
}

const raw = (changes: Record<string, Json>): Uint8Array =>
  canonical({ ...(JSON.parse(new TextDecoder().decode(toBytes(letter()))) as Record<string, Json>), ...changes })

test('reading undoes writing', () => {
  const checkpoint = { root: hash('r'), signature: `${'s'.repeat(85)}g`, size: 1 }
  const written = letter({ checkpoint, parts: [{ kind: 'file', file: attachment }, invitation()] })
  expect(fromBytes(toBytes(written))).toEqual(written)
})

test('any text is carried as it was typed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), text => {
      expect(fromBytes(toBytes(letter({ text }))).text).toBe(text)
    }),
  )
})

test('a member that nobody knows is refused', () => {
  expect(reasonOf(raw({ surprise: 1 }))).toBe('unknownMembers')
})

test.each([
  ['a day that no calendar has', { sent: '2024-02-30T00:00:00Z' }],
  ['recipients out of order', { recipients: [...letter().recipients].reverse() }],
  ['no recipients', { recipients: [] }],
  ['a checkpoint of other members', { checkpoint: {} }],
  ['a checkpoint that nobody signed', { checkpoint: { root: hash('r'), size: 1 } }],
  ['a checkpoint with a signature of another length', { checkpoint: { root: hash('r'), signature: 'A'.repeat(85), size: 1 } }],
  ['a checkpoint of an empty log', { checkpoint: { root: hash('r'), signature: 'A'.repeat(86), size: 0 } }],
  ['a message id that would start a header of its own', { mail: { from: 'a', to: 'b', messageId: '<1\n>', inReplyTo: null, references: [] } }],
  ['a subject of 256 characters', { subject: '\u{1f48a}'.repeat(256) }],
  ['more text than there may be, in bytes', { text: 'é'.repeat(600_000) }],
])('refused: %s', (_, changes) => {
  expect(reasonOf(raw(changes))).toBe('unknownMembers')
})

test('a subject is measured in characters, as Python measures it', () => {
  expect(reasonOf(raw({ subject: '\u{1f48a}'.repeat(255) }))).toBe('read')
})

test.each([
  ['a name with a control character', { name: 'a\u0085.pdf' }],
  ['a name with a path', { name: '../a.pdf' }],
  ['more chunks than its size makes', { size: 12, chunks: [`b${'0'.repeat(64)}`, `b${'1'.repeat(64)}`] }],
])('an attachment is shown as unknown: %s', (_, changes) => {
  expect(partFromJson({ kind: 'file', file: { ...attachment, ...changes } }).kind).toBe('unknown')
})

test('a safe name is one that an attachment may have', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), name => {
      expect(partFromJson({ kind: 'file', file: { ...attachment, name: safeName(name) } }).kind).toBe('file')
    }),
  )
})

test('a missing member is refused', () => {
  const { subject: _, ...rest } = JSON.parse(new TextDecoder().decode(toBytes(letter()))) as Record<string, Json>
  expect(reasonOf(canonical(rest))).toBe('unknownMembers')
})

test('another spelling of the same letter is refused', () => {
  const spaced = new TextEncoder().encode(` ${new TextDecoder().decode(toBytes(letter()))}`)
  expect(reasonOf(spaced)).toBe('notCanonical')
})

test('noise is refused and never crashes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), noise => {
      expect(['notCanonical', 'unknownMembers']).toContain(reasonOf(noise))
    }),
  )
})

test('a part of an unknown kind is kept as it came', () => {
  const part = { kind: 'x.future', value: [1, 2] }
  expect(fromBytes(raw({ parts: [part] })).parts).toEqual([{ kind: 'unknown', raw: part }])
  expect(fromBytes(toBytes(fromBytes(raw({ parts: [part] })))).parts).toEqual([{ kind: 'unknown', raw: part }])
})

test('a known kind of unknown shape is kept and not believed', () => {
  expect(partFromJson({ kind: 'file', file: { ...attachment, name: '../../etc/passwd' } }).kind).toBe('unknown')
  expect(partFromJson({ kind: 'file', file: attachment, more: true }).kind).toBe('unknown')
})

test('a record document brings its readable copy along', () => {
  const copy = { ...attachment, id: id('C'), name: 'copie.pdf' }
  const part = partFromJson({
    author: { name: 'Dr ROSTAND', organization: 'Laboratoire' },
    code: { code: '11502-2', label: 'CR de biologie', system: '2.16.840.1.113883.6.1' },
    confidentiality: [],
    copy,
    date: '2024-03-12',
    file: attachment,
    format: 'cda-r2',
    id: '1.2.3^4',
    kind: 'record.document',
    patient: null,
    replaces: null,
    title: 'Bilan',
  })
  expect(filesOf(letter({ parts: [part] })).map(({ name }) => name)).toEqual(['résultats.pdf', 'copie.pdf'])
})
