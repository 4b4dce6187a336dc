/**
 * Whoever works by keyboard never loses their place: where the element that has the focus is taken out of the page, and the
 * page does not say where to go on, the focus goes to what is left around it (WCAG 2.2, 2.4.3).
 */
const STOPS = 'a[href], button, input, select, textarea, summary'
/** Up to here the first of them is meant; among more it would be a leap, and the thing around them takes the focus itself. */
const FEW = 3

export function keepFocus(root: HTMLElement): void {
  // The element that has the focus and what it stands in, from inside out.
  let path: readonly Element[] = []
  root.addEventListener('focusin', ({ target }) => {
    path = target instanceof Element ? around(target, root) : []
  })
  root.addEventListener('focusout', ({ target }) => {
    // Who leaves by themselves, for nowhere, is not to be fetched back. What is removed is not in the page a moment later.
    queueMicrotask(() => {
      if (target instanceof Element && target.isConnected && isNowhere()) path = []
    })
  })
  new MutationObserver(() => {
    if (path[0] === undefined || path[0].isConnected || !isNowhere()) return
    const home = path.find(one => one.isConnected && one.textContent.trim() !== '')
    path = []
    if (home instanceof HTMLElement) goOn(home)
  }).observe(root, { childList: true, subtree: true })
}

const isNowhere = (): boolean => document.activeElement === null || document.activeElement === document.body

function around(inner: Element, root: Element): readonly Element[] {
  const found: Element[] = []
  for (let at: Element | null = inner; at !== null && at !== root; at = at.parentElement) found.push(at)
  return found
}

function goOn(home: HTMLElement): void {
  const stops = [...home.querySelectorAll<HTMLElement>(STOPS)]
  const [first] = stops
  if (first !== undefined && stops.length <= FEW) {
    first.focus()
    return
  }
  if (!home.hasAttribute('tabindex')) {
    home.tabIndex = -1
    home.addEventListener('blur', () => home.removeAttribute('tabindex'), { once: true })
  }
  home.focus({ preventScroll: true })
}
