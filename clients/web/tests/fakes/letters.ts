/** Letters and entries for tests: whole, and easy to vary. */
import type { Invitation } from '../../src/content/agenda.ts'
import type { RecordDocument } from '../../src/content/record.ts'
import type { Letter } from '../../src/content/letter.ts'
import type { Arrived } from '../../src/session/entries.ts'

export const ANNE = `a${'a'.repeat(26)}`
export const MARTIN = `a${'m'.repeat(26)}`
export const KEY = `k${'k'.repeat(26)}`
export const id = (letter: string): string => `${letter.repeat(21)}A`
export const hash = (letter: string): string => `${letter.repeat(42)}A`

export const letter = (changes: Partial<Letter> = {}): Letter => ({
  checkpoint: null,
  counter: 1,
  html: null,
  inReplyTo: null,
  mail: null,
  message: id('B'),
  parts: [],
  previous: null,
  recipients: [
    { account: ANNE, statement: hash('s') },
    { account: MARTIN, statement: hash('t') },
  ],
  sender: { account: MARTIN, address: 'dr.martin@cabinet.mssante.example', key: KEY, name: 'Dr Claire MARTIN' },
  sent: '2024-03-12T09:00:00Z',
  subject: 'Vos résultats',
  text: 'Bonjour,\n\nTout va bien.',
  thread: id('T'),
  ...changes,
})

export const arrived = (changes: Partial<Arrived> = {}): Arrived => ({
  kind: 'arrived',
  id: `m${'b'.repeat(26)}`,
  box: 'in',
  receivedAt: '2024-03-12T09:00:05Z',
  letter: letter(),
  hash: hash('h'),
  warnings: [],
  ...changes,
})

export const invitation = (changes: Partial<Invitation> = {}): Invitation => ({
  kind: 'agenda.invitation',
  attendees: [{ address: 'anne@patient.pli.example', name: 'Anne', partstat: 'NEEDS-ACTION' }],
  description: '',
  end: { at: '2024-03-20T10:30:00', zone: 'Europe/Paris' },
  location: 'Cabinet',
  method: 'REQUEST',
  organizer: { address: 'dr.martin@cabinet.mssante.example', name: 'Dr Martin' },
  recurrence: null,
  sequence: 0,
  stamp: '2024-03-12T09:00:00Z',
  start: { at: '2024-03-20T10:00:00', zone: 'Europe/Paris' },
  summary: 'Consultation',
  uid: 'one@cabinet',
  ...changes,
})

export const recordDocument = (changes: Partial<RecordDocument> = {}): RecordDocument => ({
  kind: 'record.document',
  author: { name: 'Dr MARTIN', organization: '' },
  code: { code: '11502-2', label: 'CR de biologie', system: '2.16.840.1.113883.6.1' },
  confidentiality: [],
  copy: null,
  date: '2024-03-12',
  file: { chunks: [], id: id('F'), key: hash('k'), name: 'cr.pdf', sha256: hash('f'), size: 1, type: 'application/pdf' },
  format: 'pdf',
  id: 'one',
  patient: null,
  replaces: null,
  title: 'CR',
  ...changes,
})
