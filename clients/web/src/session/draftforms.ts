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
  /** Letters that this draft was handed over as, or parts of it, of which nobody knows here whether the relay took them. */
  readonly handed: readonly string[]
  /** It says something else than the one letter in `handed`: it was edited since, or put together of several. */
  readonly changed: boolean
}
/** Thread -> its draft. Empty ones are not there. */
export type Kept = ReadonlyMap<string, KeptDraft>
type Fields = Readonly<Record<string, Json>>

export const EMPTY: KeptDraft = { text: '', files: [], subject: '', to: null, handed: [], changed: false }
const BETWEEN = '\n\n———\n\n' // two texts, none of which may be lost

export const isEmpty = ({ text, files, subject, to }: KeptDraft): boolean =>
  text === '' && files.length === 0 && subject === '' && to === null

/** Whether they say the same to whoever reads them. */
const saysSame = (one: KeptDraft, other: KeptDraft): boolean =>
  isSame({ ...one, handed: [], changed: false }, { ...other, handed: [], changed: false })

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
  const draft = {
    ...EMPTY,
    text: mergedText(base.text, mine.text, theirs.text, BETWEEN),
    files: mergedFiles(base.files, mine.files, theirs.files),
    subject: mergedText(base.subject, mine.subject, theirs.subject, ' / '),
    to: mine.to === base.to ? theirs.to : mine.to,
  }
  if (isEmpty(draft)) return EMPTY
  const handed = mergedSets(base.handed, mine.handed, theirs.handed)
  const isAsHanded = [mine, theirs].some(side => letterOf(side) !== undefined && letterOf(side) === handed[0] && saysSame(side, draft))
  return { ...draft, handed, changed: handed.length > 0 && !(handed.length === 1 && isAsHanded) }
}

/** The letter that this draft is, word for word: sent again, it is the same one. */
export const letterOf = ({ handed, changed }: KeptDraft): string | undefined => (changed ? undefined : handed[0])

/** What the person made of a draft: a letter of its own from then on. One that was emptied is none. */
export function edited(draft: KeptDraft, changes: Partial<KeptDraft>): KeptDraft {
  const after = { ...draft, ...changes }
  if (isEmpty(after)) return EMPTY
  return saysSame(after, draft) ? draft : { ...after, changed: after.handed.length > 0 }
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
  const ids = new Set(mergedSets(...([base, mine, theirs].map(files => files.map(({ id }) => id)) as [string[], string[], string[]])))
  const here = new Set(mine.map(({ id }) => id))
  return [...mine, ...theirs.filter(({ id }) => !here.has(id))].filter(({ id }) => ids.has(id))
}

function mergedSets(base: readonly string[], mine: readonly string[], theirs: readonly string[]): readonly string[] {
  return [
    ...mine.filter(one => theirs.includes(one) || !base.includes(one)),
    ...theirs.filter(one => !mine.includes(one) && !base.includes(one)),
  ]
}

export const toJson = ({ text, files, subject, to, handed, changed }: KeptDraft): Json => ({
  ...(handed.length > 0 && { changed, handed }),
  files: files as unknown as Json,
  subject,
  text,
  to,
})

export const allToJson = (kept: Kept): Json => Object.fromEntries([...kept].map(([thread, draft]) => [thread, toJson(draft)]))

const isText = (value: unknown): value is string => typeof value === 'string'

export const fields = (value: Json | undefined): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}

export const draftsIn = (value: Json | undefined): Kept =>
  new Map(Object.entries(fields(value)).map(([thread, draft]) => [thread, draftFrom(draft)]))

/** Before there were files in them, drafts were texts. */
export function draftFrom(value: Json): KeptDraft {
  if (isText(value)) return { ...EMPTY, text: value }
  const { text, files, subject, to, handed, changed } = fields(value)
  return {
    handed: Array.isArray(handed) ? handed.filter(isText) : [],
    changed: changed === true,
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
