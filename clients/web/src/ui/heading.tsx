/** Must: take the focus when its page opens, so that readers of screens begin there; name the page (WCAG 2.2, 2.4.2, 2.4.3). */
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Tongue } from './theirs.tsx'

type HeadingProps = {
  readonly title: string
  /** Where the title is somebody's words: what the tab is called instead, since browsers keep that in their history. */
  readonly tab?: string
  /** Of a title that is somebody's words. */
  readonly tongue?: Tongue
  readonly children?: ComponentChildren
  /** Off for a heading that is in the page beside another one. */
  readonly focused?: boolean
}

// The very first page leaves the focus at the top of the document, as every page on the web does.
let first = true
let place = ''

export function Heading({ title, tab = title, tongue, children, focused = true }: HeadingProps): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (!focused) return
    document.title = `${tab} – Pli`
    if (!first) heading.current?.focus({ preventScroll: true })
    // The next step of a page begins at its top. Another page was brought to where it begins, or where one left it.
    if (location.pathname === place) document.documentElement.scrollTop = 0
    place = location.pathname
    first = false
  }, [title, tab, focused])
  return (
    <h1 ref={heading} tabIndex={-1} lang={tongue}>
      {children ?? title}
    </h1>
  )
}
