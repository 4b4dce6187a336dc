/** In which language something was written, as far as anything says so: letters carry none (docs/spec/content.md). Pure. */
import type { Arrived, Exchange } from './entries.ts'

/** Of the document types of the record (JDV_J07_XdsTypeCode_CISIS), and of the directory of professionals. */
export const FRENCH = 'fr'

/**
 * What came was written by a professional or a service of France, by MSSanté or not: nobody else writes to a person first. What
 * the person wrote themselves is in a language that nothing tells.
 */
export const tongueOf = ({ box }: Arrived): typeof FRENCH | undefined => (box === 'in' ? FRENCH : undefined)

/** The subject of an exchange is that of its first letter. */
export const tongueOfSubject = ({ shown: [first] }: Exchange): typeof FRENCH | undefined => first && tongueOf(first)
