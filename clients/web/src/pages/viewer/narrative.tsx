/**
 * The narrative of a CDA section (CDA R2, 4.3.5), built anew from an allow-list: what is not on it leaves only its text.
 *
 * Law: no element, attribute or address of the document goes into the page, except the spans of table cells.
 */
import { h, type ComponentChild, type JSX } from 'preact'
import { embedded } from '../../content/cda.ts'
import { language, t } from '../../words/words.ts'
import { spans } from '../markup.tsx'
import { Viewer } from './viewer.tsx'

const SAME = new Set(['table', 'caption', 'thead', 'tbody', 'tfoot', 'tr', 'th', 'td', 'sub', 'sup'])
const DEPTH_LIMIT = 60

type Context = { readonly section: Element; readonly depth: number }

export const Narrative = ({ text, section }: { readonly text: Element; readonly section: Element }): JSX.Element => (
  <div>{inside(text, { section, depth: 0 })}</div>
)

const inside = (element: Element, { section, depth }: Context): readonly ComponentChild[] =>
  Array.from(element.childNodes, node => show(node, { section, depth: depth + 1 }))

function show(node: Node, context: Context): ComponentChild {
  if (node.nodeType === Node.TEXT_NODE || node.nodeType === Node.CDATA_SECTION_NODE) return node.nodeValue
  if (node.nodeType !== Node.ELEMENT_NODE || context.depth > DEPTH_LIMIT) return null
  const element = node as Element
  // What a correction took away is not said any more.
  if (element.getAttribute('revised') === 'delete') return null
  const name = element.localName
  if (SAME.has(name)) return h(name, cell(element, name), inside(element, context))
  switch (name) {
    case 'br':
      return <br />
    case 'paragraph':
      return <p>{inside(element, context)}</p>
    case 'list':
      return <List element={element} context={context} />
    case 'content':
      return styled(element, inside(element, context))
    case 'footnote':
      return <small> ({inside(element, context)})</small>
    case 'renderMultiMedia':
      return <Media element={element} context={context} />
    default:
      return inside(element, context)
  }
}

const cell = (element: Element, name: string): Record<string, string | number> =>
  name === 'th' || name === 'td'
    ? { ...(name === 'th' && { scope: scopeOf(element) }), ...spans(element, 'colspan'), ...spans(element, 'rowspan') }
    : {}

/** Which cells a header is of, as the document says it, else by where it stands. */
function scopeOf(header: Element): string {
  const said = header.getAttribute('scope') ?? ''
  if (['row', 'col', 'rowgroup', 'colgroup'].includes(said)) return said
  const row = header.parentElement
  const alone = row !== null && Array.from(row.children).every(one => one.localName !== 'td')
  return row?.parentElement?.localName === 'thead' || alone ? 'col' : 'row'
}

function List({ element, context }: { readonly element: Element; readonly context: Context }): JSX.Element {
  const named = (name: string): readonly Element[] => Array.from(element.children).filter(one => one.localName === name)
  const items = named('item').map((item, place) => <li key={place}>{inside(item, context)}</li>)
  return (
    <>
      {named('caption').map((caption, place) => (
        <p key={place}>
          <strong>{inside(caption, context)}</strong>
        </p>
      ))}
      {element.getAttribute('listType') === 'ordered' ? <ol>{items}</ol> : <ul>{items}</ul>}
    </>
  )
}

function styled(element: Element, content: readonly ComponentChild[]): ComponentChild {
  const styles = (element.getAttribute('styleCode') ?? '').toLowerCase()
  let shown: ComponentChild = content as ComponentChild
  if (styles.includes('bold')) shown = <strong>{shown}</strong>
  if (styles.includes('italic') || styles.includes('emphasis')) shown = <em>{shown}</em>
  if (styles.includes('underline')) shown = <span class="underline">{shown}</span>
  return shown
}

/** A picture or document that stands in the same section as observationMedia. */
function Media({ element, context }: { readonly element: Element; readonly context: Context }): JSX.Element | null {
  const wanted = (element.getAttribute('referencedObject') ?? '').split(/\s+/)
  const media = Array.from(context.section.getElementsByTagName('*')).find(
    one => one.localName === 'observationMedia' && wanted.includes(one.getAttribute('ID') ?? ''),
  )
  const value = media === undefined ? undefined : Array.from(media.children).find(one => one.localName === 'value')
  const found = embedded(value)
  if (found === undefined) return null
  return (
    <div lang={language.value}>
      <Viewer attachment={{ name: '', type: found.type }} bytes={found.bytes} title={t('cda.media')} tongue={undefined} />
    </div>
  )
}
