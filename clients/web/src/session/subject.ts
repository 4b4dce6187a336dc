/** A subject as a person reads it. MSSanté has mail programs write subjects for machines; the letter itself keeps them. Pure. */
import type { Letter } from '../content/letter.ts'
import type { Patient } from '../content/record.ts'

// "XDM/1.0/DDM+" before the title: how MSSanté marks a mail that carries documents of the record.
const MARK = /XDM\/\d+\.\d+\/DDM\+?/
const BIRTH = /^(\d{4})-(\d{2})-(\d{2})$/

/** Without MSSanté's mark, and without the identity of a document's patient that stands at its end. */
export function plainSubject({ subject, parts }: Letter): string {
  const patients = parts.flatMap(part => (part.kind === 'record.document' && part.patient !== null ? [part.patient] : []))
  const said = words(subject.replace(MARK, ''))
  const identity = patients.flatMap(identities).find(one => endsWith(said, one)) ?? []
  const plain = said.slice(0, said.length - identity.length).join(' ')
  return plain === '' ? subject : plain
}

/** "DURAND CAMILLE 14/07/1985", with all first names or with the first of them. */
function identities({ birthName, firstName, birthDate }: Patient): readonly (readonly string[])[] {
  const [, year, month, day] = BIRTH.exec(birthDate) ?? []
  if (year === undefined || birthName === '') return []
  const [first = ''] = words(firstName)
  return [firstName, first].map(given => words(`${birthName} ${given} ${day}/${month}/${year}`))
}

const words = (text: string): readonly string[] => text.split(/\s+/).filter(word => word !== '')

const endsWith = (said: readonly string[], end: readonly string[]): boolean =>
  said.length >= end.length && folded(said.slice(-end.length)) === folded(end)

/** Small letters and no accents: every program writes names in its own way. */
const folded = (text: readonly string[]): string => text.join(' ').normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
