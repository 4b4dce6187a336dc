/** Who the reader is, from what others wrote to them: there is no list of patients to ask. Pure. */
import type { Arrived } from './entries.ts'

/** The reader's own mail address in the exchange that this letter belongs to; empty outside MSSanté. */
export function ownAddress({ box, letter }: Arrived): string {
  if (box === 'out') return letter.sender.address
  return letter.mail?.to ?? ''
}

/** The name that a clinician's document or invitation gives the reader; empty when there is none. */
export function guessName(letters: readonly Arrived[]): string {
  for (const entry of letters.toReversed()) {
    if (entry.box === 'out' && entry.letter.sender.name !== '') return entry.letter.sender.name
    const parts = entry.box === 'in' ? entry.letter.parts : []
    for (const part of parts) {
      if (part.kind === 'record.document' && part.patient !== null) {
        return `${part.patient.firstName} ${part.patient.birthName}`.trim()
      }
      if (part.kind === 'agenda.invitation') {
        const own = part.attendees.find(({ address }) => address === ownAddress(entry))
        if (own !== undefined && own.name !== '') return own.name
      }
    }
  }
  return ''
}
