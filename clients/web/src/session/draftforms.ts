/** Drafts as values: how they are written down, and how what several pages made of one draft is put together. Pure. */
import { attachment, type Attachment } from '../content/attachment.ts'
import type { Json } from '../crypto/encoding.ts'

export type KeptDraft = {
  readonly text: string
  readonly files: readonly Attachment[]
  /** Of a first letter; empty for an answer. */
  readonly subject: string
  /** Account; null for an answer, and while nobody is chosen. */
  readonly to: string | null
}
/** Thread -> its draft. Empty ones are not there. */
export type Kept = ReadonlyMap<string, KeptDraft>
type Fields = Readonly<Record<string, Json>>

export const EMPTY: KeptDraft = { text: '', files: [], subject: '', to: null }
const BETWEEN = '\n\n———\n\n' // two texts, none of which may be lost

export const isEmpty = ({ text, files, subject, to }: KeptDraft): boolean =>
  text === '' && files.length === 0 && subject === '' && to === null

export const isSame = (one: KeptDraft, other: KeptDraft): boolean => JSON.stringify(toJson(one)) === JSON.stringify(toJson(other))

export const inKept = (kept: Kept, thread: string): KeptDraft => kept.get(thread) ?? EMPTY

/**
 * What one page (`mine`) and another (`theirs`) made of `base`, thread by thread. Nothing that was typed in either is left
 * out: where both wrote and neither text holds the other, both stand there, one's own first.
 */
export function mergedAll(base: Kept, mine: Kept, theirs: Kept): Kept {
  const threads = new Set([...base.keys(), ...theirs.keys(), ...mine.keys()])
  const all = [...threads].map(thread => [thread, merged(inKept(base, thread), inKept(mine, thread), inKept(theirs, thread))] as const)
  return new Map(all.filter(([, draft]) => !isEmpty(draft)))
}

/** One above the other: a letter that has not left, and what is written after it. */
export const both = (one: KeptDraft, other: KeptDraft): KeptDraft => merged(EMPTY, one, other)

export function merged(base: KeptDraft, mine: KeptDraft, theirs: KeptDraft): KeptDraft {
  return {
    text: mergedText(base.text, mine.text, theirs.text, BETWEEN),
    files: mergedFiles(base.files, mine.files, theirs.files),
    subject: mergedText(base.subject, mine.subject, theirs.subject, ' / '),
    to: mine.to === base.to ? theirs.to : mine.to,
  }
}

function mergedText(base: string, mine: string, theirs: string, between: string): string {
  if (mine === base || mine === theirs) return theirs
  if (theirs === base) return mine
  if (mine !== '' && theirs.includes(mine)) return theirs
  if (theirs !== '' && mine.includes(theirs)) return mine
  // What one changed stands whole in what the other made of it: the change is made there as well.
  if (base !== '' && theirs.includes(base)) return theirs.replace(base, () => mine)
  if (base !== '' && mine.includes(base)) return mine.replace(base, () => theirs)
  return [mine, theirs].filter(text => text !== '').join(between)
}

/** Those that either added, without those that either took away. */
function mergedFiles(base: KeptDraft['files'], mine: KeptDraft['files'], theirs: KeptDraft['files']): KeptDraft['files'] {
  const [had, here, there] = [base, mine, theirs].map(files => new Set(files.map(({ id }) => id))) as [Set<string>, Set<string>, Set<string>]
  return [
    ...mine.filter(({ id }) => there.has(id) || !had.has(id)),
    ...theirs.filter(({ id }) => !here.has(id) && !had.has(id)),
  ]
}

export const toJson = ({ text, files, subject, to }: KeptDraft): Json => ({ files: files as unknown as Json, subject, text, to })

export const allToJson = (kept: Kept): Json => Object.fromEntries([...kept].map(([thread, draft]) => [thread, toJson(draft)]))

const isText = (value: unknown): value is string => typeof value === 'string'

export const fields = (value: Json | undefined): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}

export const draftsIn = (value: Json | undefined): Kept =>
  new Map(Object.entries(fields(value)).map(([thread, draft]) => [thread, draftFrom(draft)]))

/** Before there were files in them, drafts were texts. */
export function draftFrom(value: Json): KeptDraft {
  if (isText(value)) return { ...EMPTY, text: value }
  const { text, files, subject, to } = fields(value)
  return {
    text: isText(text) ? text : '',
    files: Array.isArray(files) ? files.flatMap(fileFrom) : [],
    subject: isText(subject) ? subject : '',
    to: isText(to) ? to : null,
  }
}

function fileFrom(value: Json): readonly Attachment[] {
  try {
    return [attachment(value)]
  } catch {
    return [] // of a form that this version does not know
  }
}
