/**
 * Must: be one stop of the Tab key, with the arrows, Home, End and Page keys going from row to row; tell readers of screens how
 * long it is and where they are, although only the rows in sight are in the page; never lose the focus to scrolling
 * (WCAG 2.2, 2.1.1, 2.4.3, 1.3.1). Short lists are whole.
 */
import type { JSX } from 'preact'
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

const WHOLE = 100 // rows: up to here all are in the page, each as high as it wants
const MARGIN = 12 // rows above and below those in sight
const STEP = 4 // rows: the window moves by so many
const PAGE = 10 // rows that the Page keys go
const FIRST = 76 // pixels: the height of a row before one was seen

type LongListProps<T> = {
  readonly label: string
  readonly items: readonly T[]
  readonly keyOf: (item: T) => string
  /** The row: one link or button with this tab index. */
  readonly row: (item: T, tabIndex: 0 | -1) => JSX.Element
  /** Of the row that is open beside the list. */
  readonly current: string | undefined
}
type Span = { readonly from: number; readonly to: number }

export function LongList<T>({ label, items, keyOf, row, current }: LongListProps<T>): JSX.Element {
  const list = useRef<HTMLUListElement>(null)
  const [chosen, setChosen] = useState<string>()
  const wanted = useRef<string | undefined>(undefined)
  const long = items.length > WHOLE
  const { span, height } = useWindow(list, items.length, long)
  const place = (key: string | undefined): number => (key === undefined ? -1 : items.findIndex(item => keyOf(item) === key))
  const active = Math.max(0, [place(chosen), place(current)].find(at => at >= 0) ?? 0)

  // The row that the keys went to may not be in the page yet: it is scrolled to, and gets the focus when it is.
  useEffect(() => {
    const key = wanted.current
    const found = key === undefined ? null : list.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"] :is(a, button)`)
    if (found == null) return
    wanted.current = undefined
    found.focus()
  })

  const onKeyDown = (event: KeyboardEvent): void => {
    const next = nextOf(event.key, active, items.length)
    const item = next === undefined ? undefined : items[next]
    if (next === undefined || item === undefined || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    wanted.current = keyOf(item)
    setChosen(keyOf(item))
    if (long && list.current !== null && (next < span.from || next >= span.to)) bringTo(list.current, next * height)
  }
  const onFocusIn = (event: FocusEvent): void => {
    const key = (event.target as Element).closest<HTMLElement>('[data-key]')?.dataset['key']
    if (key !== undefined) setChosen(key)
  }

  return (
    <ul ref={list} class={long ? 'list list-long' : 'list'} role="list" aria-label={label} onKeyDown={onKeyDown} onFocusIn={onFocusIn}>
      {segments(items.length, long ? span : { from: 0, to: items.length }, active).map(part =>
        'gap' in part ? (
          <li key={part.name} class="list-gap" role="presentation" aria-hidden="true" style={{ height: `${part.gap * height}px` }} />
        ) : (
          items.slice(part.from, part.to).map((item, at) => (
            <li key={keyOf(item)} data-key={keyOf(item)} aria-setsize={items.length} aria-posinset={part.from + at + 1}>
              {row(item, part.from + at === active ? 0 : -1)}
            </li>
          ))
        ),
      )}
    </ul>
  )
}

function nextOf(key: string, at: number, count: number): number | undefined {
  const last = count - 1
  const to: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + PAGE,
    PageUp: at - PAGE,
    Home: 0,
    End: last,
  }
  const next = to[key]
  return next === undefined ? undefined : Math.max(0, Math.min(last, next))
}

/** Rows and gaps from top to bottom: the window, and the row that may hold the focus wherever it is. */
export function segments(count: number, span: Span, active: number): readonly (Span | { readonly gap: number; readonly name: string })[] {
  const spans = [span, ...(active < span.from || active >= span.to ? [{ from: active, to: Math.min(active + 1, count) }] : [])]
  const ordered = spans.filter(({ from, to }) => to > from).sort((a, b) => a.from - b.from)
  const parts: (Span | { readonly gap: number; readonly name: string })[] = []
  let at = 0
  for (const [number, one] of ordered.entries()) {
    if (one.from > at) parts.push({ gap: one.from - at, name: `gap ${number}` })
    parts.push(one)
    at = one.to
  }
  if (at < count) parts.push({ gap: count - at, name: 'gap end' })
  return parts
}

/** Which rows are in sight, whatever scrolls: the page, or the half of it that holds the list. */
function useWindow(list: { readonly current: HTMLUListElement | null }, count: number, long: boolean): { span: Span; height: number } {
  const [height, setHeight] = useState(FIRST)
  const [span, setSpan] = useState<Span>({ from: 0, to: 2 * MARGIN })
  const look = useCallback((): void => {
    if (list.current === null) return
    const { top } = list.current.getBoundingClientRect()
    const first = Math.floor(-top / height / STEP) * STEP - MARGIN
    const last = Math.ceil((innerHeight - top) / height / STEP) * STEP + MARGIN
    const [from, to] = [Math.max(0, Math.min(first, count)), Math.min(count, Math.max(last, 0))]
    setSpan(before => (before.from === from && before.to === to ? before : { from, to }))
  }, [list, height, count])

  useLayoutEffect(() => {
    const seen = list.current?.querySelector('[data-key]')
    if (!long || seen === null || seen === undefined) return
    const measure = (): void => {
      const found = seen.getBoundingClientRect().height
      if (found > 0) setHeight(found)
    }
    measure()
    const watching = new ResizeObserver(measure)
    watching.observe(seen)
    return () => watching.disconnect()
  }, [list, long])

  useLayoutEffect(() => {
    if (!long) return
    look()
    let waiting = 0
    const later = (): void => {
      cancelAnimationFrame(waiting)
      waiting = requestAnimationFrame(look)
    }
    const options = { capture: true, passive: true }
    addEventListener('scroll', later, options)
    addEventListener('resize', later)
    return () => {
      cancelAnimationFrame(waiting)
      removeEventListener('scroll', later, options)
      removeEventListener('resize', later)
    }
  }, [look, long])
  return { span, height }
}

/** Scroll whatever scrolls the list so that this far down it is in the middle. */
function bringTo(list: HTMLElement, down: number): void {
  let scroller: Element | null = list
  while (scroller !== null && !/auto|scroll/.test(getComputedStyle(scroller).overflowY)) scroller = scroller.parentElement
  const by = list.getBoundingClientRect().top + down - innerHeight / 2
  ;(scroller ?? document.documentElement).scrollBy({ top: by, behavior: 'instant' })
}
