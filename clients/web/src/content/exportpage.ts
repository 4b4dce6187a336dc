/**
 * The page of an export: plain HTML that opens from a folder, without script, network or style of others. Pure; the twin of
 * clients/content/export_page.py.
 *
 * Laws: everything that a letter says is text, never markup; links lead to files of the export alone. French, then English:
 * every heading says both.
 */

/** One letter on the page; `files` are [name, path in the export], `copies` [label, path]. */
export type Shown = {
  readonly id: string
  readonly when: string
  readonly sent: boolean
  readonly sender: string
  readonly subject: string
  readonly text: string
  readonly files: readonly Link[]
  readonly copies: readonly Link[]
}
type Link = readonly [name: string, path: string]

/** A letter that could not be opened. */
export type Missing = { readonly id: string; readonly when: string; readonly sender: string }

/** A file that could not be had, and the letter that brought it. */
export type Lost = { readonly name: string; readonly letter: string; readonly when: string }

/** `agenda`: there is an agenda.ics beside it. */
type Page = { readonly account: string; readonly made: string; readonly agenda: boolean }

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}' +
  'body{color:#111;background:#fff}' +
  'article{border-top:1px solid #767676;padding:1rem 0;break-inside:avoid-page}h2{font-size:1.15rem;margin:0}' +
  'pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit}' +
  'dl{display:grid;grid-template-columns:auto 1fr;gap:0 1rem}' +
  'dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}a{color:#00439c}@media print{a{color:inherit}}'
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

/** index.html. */
export function page({ account, made, agenda }: Page, shown: readonly Shown[], missing: readonly Missing[], lost: readonly Lost[] = []): string {
  const body = [
    `<h1>Mes lettres <span lang=en>· My letters</span></h1><p>${escape(account)}, ${escape(made)}</p>`,
    note(shown.length, missing.length),
    agenda ? '<p><a href="agenda.ics">Agenda</a></p>' : '',
    ...shown.map(letter),
    listed('Lettres illisibles', 'Unreadable letters', missing.map(notOpened)),
    listed('Fichiers manquants', 'Missing files', lost.map(notFetched)),
  ]
  return (
    '<!doctype html><html lang=fr><head><meta charset=utf-8><title>Pli</title>' +
    `<meta http-equiv=Content-Security-Policy content="${POLICY}">` +
    '<meta name=viewport content="width=device-width"><meta name=referrer content=no-referrer>' +
    `<style>${STYLE}</style></head><body><main>${body.join('')}</main></body></html>\n`
  )
}

function note(letters: number, missing: number): string {
  const french = `${letters} lettres${missing > 0 ? `, ${missing} illisibles` : ''}`
  const english = `${letters} letters${missing > 0 ? `, ${missing} unreadable` : ''}`
  return (
    `<p>${french}. Ces fichiers ne sont plus scellés : gardez-les en lieu sûr. ` +
    `<span lang=en>${english}. These files are no longer sealed: keep them in a safe place.</span></p>`
  )
}

function letter(one: Shown): string {
  const way = one.sent ? 'Envoyée <span lang=en>· Sent</span>' : 'Reçue <span lang=en>· Received</span>'
  return (
    `<article id="${escape(one.id)}"><h2>${escape(one.subject) || '—'}</h2><dl>` +
    `<dt>${way}</dt><dd>${escape(one.when)}</dd><dt>De <span lang=en>· From</span></dt><dd>${escape(one.sender)}</dd>` +
    links('Fichiers <span lang=en>· Files</span>', one.files) +
    `${links('Copies', one.copies)}</dl><pre>${escape(one.text)}</pre></article>`
  )
}

function links(title: string, found: readonly Link[]): string {
  const all = found.map(([name, path]) => `<a href="${escape(quote(path))}">${escape(name)}</a>`).join(', ')
  return all === '' ? '' : `<dt>${title}</dt><dd>${all}</dd>`
}

const listed = (french: string, english: string, items: readonly string[]): string =>
  items.length === 0 ? '' : `<h2>${french} <span lang=en>· ${english}</span></h2><ul>${items.join('')}</ul>`

const notOpened = ({ when, sender, id }: Missing): string =>
  `<li>${[when, sender, id].filter(said => said !== '').map(escape).join(', ')}</li>`

const notFetched = ({ name, letter: id, when }: Lost): string =>
  `<li>${escape(name)}, <a href="#${escape(quote(id))}">${escape(when)}</a></li>`

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;' }
const escape = (text: string): string => text.replace(/[&<>"']/g, sign => ENTITIES[sign] ?? '')

/** A path as an address: "/" stays, all that could end it or lead elsewhere goes (RFC 3986, 2.3). */
const quote = (path: string): string =>
  encodeURIComponent(path)
    .replace(/[!'()*]/g, sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/')

const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]+/gu
const UNSAFE = /[\u0000-\u001f\u007f-\u009f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+/gu
const NAME_BYTES = 120
const encoder = new TextEncoder()

/** A file's name in an export: of the letter's own name what every file system takes, and never a place. */
export function safeName(text: string, number: number): string {
  const plain = text.replace(CONTROLS, ' ').trim().replace(UNSAFE, '_').replace(/^[ .]+|[ .]+$/g, '') || 'file'
  const dot = plain.lastIndexOf('.')
  const isSuffix = dot > 0 && Array.from(plain.slice(dot + 1)).length <= 10
  const [stem, suffix] = isSuffix ? [plain.slice(0, dot), plain.slice(dot)] : [plain, '']
  const room = NAME_BYTES - encoder.encode(suffix).length
  const { read } = encoder.encodeInto(stem, new Uint8Array(room)) // whole characters only
  return `${number}-${stem.slice(0, read)}${suffix}`
}
