/**
 * Foreign markup, built anew: each allowed element is created by name, everything else leaves only its text.
 *
 * Law: nothing of the foreign document is moved into the page, and no markup is ever written as text and parsed again. So
 * nothing can be smuggled through a parser (mutation XSS), and nothing remote can load: no element here has a source.
 */
import { h, type ComponentChild, type JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Ours, type Tongue } from '../ui/theirs.tsx'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'

const ALLOWED = new Set(
  ('p br div span b strong i em u s a ul ol li table thead tbody tr th td blockquote pre code ' +
    'h1 h2 h3 h4 hr sub sup').split(' '),
)
// The page has its own headings of the first levels: those of a letter stand below them.
const INSTEAD: Readonly<Record<string, string>> = { h1: 'h3', h2: 'h3', h3: 'h4' }
// Their text is not for reading.
const DROPPED = new Set('script style head title template noscript iframe object embed svg math select textarea'.split(' '))
const SAFE_LINK = /^(https?:\/\/|mailto:|tel:)/i
const DEPTH_LIMIT = 100

export function reduce(node: Node, depth = 0): ComponentChild {
  if (node.nodeType === Node.TEXT_NODE) return node.nodeValue
  if (node.nodeType !== Node.ELEMENT_NODE || depth > DEPTH_LIMIT) return null
  const element = node as Element
  const name = element.localName
  if (DROPPED.has(name)) return null
  const children = Array.from(element.childNodes, child => reduce(child, depth + 1))
  if (!ALLOWED.has(name)) return children
  if (name === 'br' || name === 'hr') return h(name, {})
  const made = h(INSTEAD[name] ?? name, attributes(element, name), children)
  // What a mail repeats of earlier ones stands in a blockquote: folded, the outermost alone.
  const folded = name === 'blockquote' && element.parentElement?.closest('blockquote') == null
  return folded ? h('details', { class: 'quoted' }, h('summary', {}, h(Ours, null, t('conversation.quoted'))), made) : made
}

function attributes(element: Element, name: string): Record<string, string | number> {
  if (name === 'a') return link(element.getAttribute('href')?.trim() ?? '')
  if (name !== 'td' && name !== 'th') return {}
  return { ...spans(element, 'colspan'), ...spans(element, 'rowspan') }
}

const link = (href: string): Record<string, string> =>
  SAFE_LINK.test(href) ? { href, target: '_blank', rel: 'noreferrer noopener' } : {}

export function spans(element: Element, name: 'colspan' | 'rowspan'): Record<string, number> {
  const count = Number(element.getAttribute(name))
  return Number.isInteger(count) && count > 1 && count <= 100 ? { [name]: count } : {}
}

type MarkupProps = { readonly html: string; readonly text: string; readonly tongue: Tongue }

/** Until it is read, and when it cannot be, the plain text of the same letter stands there. */
export function Markup({ html, text, tongue }: MarkupProps): JSX.Element {
  const { screen } = useApp()
  const [content, setContent] = useState<ComponentChild>()
  useEffect(() => {
    let shown = true
    screen.parse(new TextEncoder().encode(html), 'text/html').then(
      parsed => shown && setContent(reduce(parsed.body)),
      () => undefined,
    )
    return () => {
      shown = false
    }
  }, [html, screen])
  return (
    <div class={content === undefined ? 'letter-text' : 'markup'} lang={tongue}>
      {content ?? text}
    </div>
  )
}
