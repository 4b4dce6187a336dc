/**
 * The header of a CDA R2 document, as a person wants to read it. Takes a parsed document, returns plain values.
 *
 * Reads only; follows no reference. Elements are found by local name: French documents use prefixes freely.
 */

export type CdaHeader = {
  /** As `languageCode` says it: "fr" or "fr-FR"; undefined when it says nothing of that kind. */
  readonly language: string | undefined
  readonly title: string
  readonly type: string
  /** HL7 date text turned into "YYYY-MM-DD" or "YYYY-MM-DDThh:mm"; empty when there is none. */
  readonly date: string
  readonly patient: string
  readonly birth: string
  readonly authors: readonly string[]
  readonly custodian: string
}

export const child = (element: Element | undefined, name: string): Element | undefined =>
  children(element, name)[0]

export const children = (element: Element | undefined, name: string): readonly Element[] =>
  element === undefined ? [] : Array.from(element.children).filter(one => one.localName === name)

/** The element at the end of a path of local names, the first of each. */
export const at = (element: Element | undefined, ...path: readonly string[]): Element | undefined =>
  path.reduce<Element | undefined>((found, name) => child(found, name), element)

const textOf = (element: Element | undefined): string => (element?.textContent ?? '').replace(/\s+/g, ' ').trim()

/** A person's name: given and family names in the order of the document's own language. */
function nameOf(holder: Element | undefined): string {
  const name = child(holder, 'name')
  if (name === undefined) return ''
  const parts = [...children(name, 'prefix'), ...children(name, 'given').slice(0, 1), ...families(name)].map(textOf)
  return parts.filter(part => part !== '').join(' ') || textOf(name)
}

/** The name in use (CL) when the document has one, else the first. */
function families(name: Element): readonly Element[] {
  const all = children(name, 'family')
  const used = all.find(family => family.getAttribute('qualifier') === 'CL') ?? all[0]
  return used === undefined ? [] : [used]
}

const DATE = /^(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?/

/** "20240312" -> "2024-03-12", "20240312143000+0100" -> "2024-03-12T14:30", "2024" -> "2024-01-01". */
export function hl7Date(value: string | null | undefined): string {
  const [, year, month = '01', day = '01', hour, minute] = DATE.exec(value ?? '') ?? []
  if (year === undefined) return ''
  return hour === undefined ? `${year}-${month}-${day}` : `${year}-${month}-${day}T${hour}:${minute ?? '00'}`
}

function authorOf(author: Element): string {
  const assigned = child(author, 'assignedAuthor')
  const person = nameOf(child(assigned, 'assignedPerson'))
  const device = textOf(at(assigned, 'assignedAuthoringDevice', 'softwareName'))
  const organization = textOf(at(assigned, 'representedOrganization', 'name'))
  return [person || device, organization].filter(text => text !== '').join(', ')
}

/** Whether this is a CDA document at all. */
export const isCda = (document: Document): boolean => document.documentElement.localName === 'ClinicalDocument'

// Two letters that name no language would be said as if they did.
const NAMES = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' })

export function header(document: Document): CdaHeader {
  const root = document.documentElement
  const patient = at(root, 'recordTarget', 'patientRole', 'patient')
  const code = child(root, 'code')
  const language = child(root, 'languageCode')?.getAttribute('code') ?? ''
  return {
    language: /^[a-z]{2}(-[A-Z]{2})?$/.test(language) && NAMES.of(language) !== undefined ? language : undefined,
    title: textOf(child(root, 'title')),
    type: code?.getAttribute('displayName') ?? '',
    date: hl7Date(child(root, 'effectiveTime')?.getAttribute('value')),
    patient: nameOf(patient),
    birth: hl7Date(child(patient, 'birthTime')?.getAttribute('value')).slice(0, 10),
    authors: children(root, 'author').map(authorOf).filter(text => text !== ''),
    custodian: textOf(at(root, 'custodian', 'assignedCustodian', 'representedCustodianOrganization', 'name')),
  }
}

export type Embedded = { readonly type: string; readonly bytes: Uint8Array }

/** Bytes that stand inside the document as base 64; undefined when they do not, or not readably. */
export function embedded(value: Element | undefined): Embedded | undefined {
  if (value?.getAttribute('representation') !== 'B64') return undefined
  try {
    const binary = atob(value.textContent.replace(/\s+/g, ''))
    const type = value.getAttribute('mediaType') ?? 'application/octet-stream'
    return { type, bytes: Uint8Array.from(binary, character => character.charCodeAt(0)) }
  } catch {
    return undefined
  }
}

/** A document type declaration can name entities that grow without end: such a document is not read. */
export const hasDoctype = (bytes: Uint8Array): boolean =>
  // Latin-1 shows ASCII of UTF-8 as it is; without zeros it shows that of UTF-16 too.
  /<!\s*(doctype|entity)/i.test(new TextDecoder('latin1').decode(bytes).replaceAll('\0', ''))
