/**
 * What a mail says and what it repeats of earlier ones: quoted history, French and English (docs/spec/content.md).
 *
 * Laws: the passages together are the text, character for character; a text that would be quoted whole is said whole. A
 * forwarded message is what its sender wants to say: it is no history. The twin is clients/content/quoting.py.
 */

export type Passage = { readonly kind: 'said' | 'quoted'; readonly text: string }

const LIMIT = 1 << 20 // bytes of UTF-8 of a letter's text
const LINE = 400 // characters of a line that are looked at
const HEAD = 8 // lines of a mail's head as Outlook repeats it
const S = '[ \\t\\r\\u00a0\\u202f]*'
const pattern = (source: string): RegExp => new RegExp(`^${source}`, 'u')
const QUOTED = pattern(`${S}>`)
const BLANK = pattern(`${S}$`)
const WROTE = pattern(`${S}(?:Le|On) (?=[^\\n]*[0-9])[^\\n]{5,800}(?:a écrit|wrote)${S}:${S}$`)
const ORIGINAL = pattern(`${S}-{2,}${S}(?:[Mm]essage d['’][Oo]rigine|[Oo]riginal [Mm]essage)${S}-{2,}${S}$`)
const RULE = pattern(`${S}[_-]{5,}${S}$`)
const FROM = pattern(`${S}\\*?(?:De|From)${S}:`)
const SENT = pattern(`${S}\\*?(?:Envoyé|Date|Sent)${S}:`)
const SUBJECT = pattern(`${S}\\*?(?:Objet|Subject)${S}:`)

type Lines = readonly string[]
const is = (kind: RegExp, lines: Lines, at: number): boolean => at < lines.length && kind.test(lines[at] ?? '')

/** The text in its order; neighbours differ in kind. */
export function passages(text: string): readonly Passage[] {
  const pieces = text.split(/(?<=\n)/u).filter(piece => piece !== '')
  const lines = pieces.map(piece => Array.from(piece.slice(0, 2 * LINE).replace(/\n$/u, '')).slice(0, LINE).join(''))
  const quoted = kinds(lines)
  if (lines.every((line, at) => quoted[at] === true || BLANK.test(line))) return text === '' ? [] : [{ kind: 'said', text }]
  const found: { kind: Passage['kind']; inside: string[] }[] = []
  pieces.forEach((piece, at) => {
    const kind = quoted[at] === true ? 'quoted' : 'said'
    const last = found.at(-1)
    if (last?.kind === kind) last.inside.push(piece)
    else found.push({ kind, inside: [piece] })
  })
  return found.map(({ kind, inside }) => ({ kind, text: inside.join('') }))
}

/** `text` with what `earlier` says quoted below it, under the line `wrote`; without, where it grows too long. */
export function withQuoted(text: string, wrote: string, earlier: string): string {
  const said = passages(earlier)
    .filter(({ kind }) => kind === 'said')
    .map(passage => passage.text)
    .join('')
    .replace(/^[\r\n ]+|[\r\n ]+$/gu, '')
  if (said === '') return text
  const quoted = said.replaceAll('\r', '').split('\n').map(line => (line === '' ? '>' : `> ${line}`))
  const whole = `${text.replace(/\n+$/u, '')}\n\n${wrote}\n${quoted.join('\n')}\n`
  return new TextEncoder().encode(whole).length <= LIMIT ? whole : text
}

function kinds(lines: Lines): readonly boolean[] {
  const quoted = new Array<boolean>(lines.length).fill(false)
  for (let at = 0; at < lines.length; ) {
    const end = quotedUntil(lines, at)
    quoted.fill(true, at, end)
    at = Math.max(end, at + 1)
  }
  return quoted
}

/** Where the quoted passage that begins at this line ends; `at` where none begins. */
function quotedUntil(lines: Lines, at: number): number {
  if (is(ORIGINAL, lines, at) || isHead(lines, at)) return lines.length
  let below = afterWrote(lines, at)
  if (below === at) return run(lines, at)
  while (is(BLANK, lines, below)) below += 1
  // Programs that mark no line quote all below theirs.
  return is(QUOTED, lines, below) ? run(lines, below) : lines.length
}

/** Behind the last line marked with ">"; blank lines between such lines belong to them. */
function run(lines: Lines, at: number): number {
  let end = at
  for (let place = at; place < lines.length; place += 1) {
    if (is(QUOTED, lines, place)) end = place + 1
    else if (end === at || !is(BLANK, lines, place)) break
  }
  return end
}

/** Behind "On ... wrote:", which programs break over two lines; `at` where it does not stand. */
function afterWrote(lines: Lines, at: number): number {
  if (is(WROTE, lines, at)) return at + 1
  const [line, next] = [lines[at], lines[at + 1]]
  const whole = line !== undefined && next !== undefined && !BLANK.test(line) && !BLANK.test(next)
  return whole && WROTE.test(`${line} ${next}`) ? at + 2 : at
}

/** From, Sent and Subject below each other, below a rule or not: Outlook's. */
function isHead(lines: Lines, at: number): boolean {
  let start = is(RULE, lines, at) ? at + 1 : at
  while (start > at && is(BLANK, lines, start)) start += 1
  if (!is(FROM, lines, start)) return false
  const head = lines.slice(start, start + HEAD)
  return head.some(line => SENT.test(line)) && head.some(line => SUBJECT.test(line))
}
