/** A subject as a person reads it. MSSanté has mail programs write subjects for machines; the letter itself keeps them. Pure. */
import type { Letter } from '../content/letter.ts'

// "XDM/1.0/DDM+" before the title: how MSSanté marks a mail that carries documents of the record.
const MARK = /XDM\/\d+\.\d+\/DDM\+?/

/** Without MSSanté's mark, and without the reader's own identity after it. */
export function plainSubject({ subject, parts }: Letter): string {
  if (!MARK.test(subject)) return subject
  let plain = subject.replace(MARK, '')
  for (const part of parts) {
    if (part.kind !== 'record.document' || part.patient === null) continue
    const { birthName, firstName, birthDate } = part.patient
    const [year, month, day] = birthDate.split('-')
    plain = plain.replace(` ${birthName} ${firstName} ${day ?? ''}/${month ?? ''}/${year ?? ''}`, '')
  }
  return plain.trim() === '' ? subject : plain.trim()
}
