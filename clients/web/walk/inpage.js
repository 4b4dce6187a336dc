/**
 * What is asked of a state, run in the page beside its policy and never through it: each gives a list of sentences, empty is
 * good. They look and change nothing. Read as text by the walk (checks.mjs) and by the live tests (tests/live/looking.py).
 */
globalThis.looks = {
  /** axe-core, which is there already: WCAG 2.0 to 2.2 A and AA, AAA and best practice. */
  async axe() {
    const tags = ['wcag2a', 'wcag2aa', 'wcag2aaa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    const { violations } = await globalThis.axe.run({ exclude: ['.hiddenCanvasElement'] }, { runOnly: tags, resultTypes: ['violations'] })
    // On a phone the bar below lies over what is scrolled under it: that part is not a target where it stands now.
    const bar = document.querySelector('.bottom')?.getBoundingClientRect().top || Infinity
    const under = ({ target }) => document.querySelector(target[0])?.getBoundingClientRect().bottom > bar
    const real = violations.filter(({ id, nodes }) => id !== 'target-size' || !nodes.every(under))
    return real.map(({ id, nodes }) => `axe ${id}: ${nodes.map(({ html }) => html.slice(0, 120)).slice(0, 3).join(' | ')}`)
  },

  /** WCAG 1.4.10: nothing to the right of the window. */
  reflow() {
    const wide = document.documentElement.scrollWidth - window.innerWidth
    if (wide <= 0) return []
    const out = [...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > window.innerWidth + 0.5)
    return [`${wide} px too wide: ${out.map(one => `${one.tagName}.${one.className}`).slice(0, 6).join(' ')}`]
  },

  /** Each control, brought into view, is in the window and is what a finger would meet there (WCAG 1.4.10, 2.4.11). */
  reachable() {
    const [x, y] = [scrollX, scrollY]
    const modal = document.querySelector('dialog[open]')
    const found = []
    for (const one of (modal ?? document).querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')) {
      if (!one.checkVisibility({ visibilityProperty: true }) || one.matches('.unseen, .unseen *, input[type=file]')) continue
      one.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' })
      const box = (one.labels?.[0] ?? one).matches('label.check') ? one.labels[0].getBoundingClientRect() : one.getBoundingClientRect()
      const [left, top] = [Math.max(box.left, 0), Math.max(box.top, 0)]
      const [right, bottom] = [Math.min(box.right, innerWidth), Math.min(box.bottom, innerHeight)]
      const said = `${one.tagName} "${(one.textContent || one.name || one.id).trim().slice(0, 30)}"`
      if (right - left < 8 || bottom - top < 8) {
        found.push(`cannot be brought into view: ${said}`)
        continue
      }
      const spots = [0.5, 0.2, 0.8].map(part => document.elementFromPoint((left + right) / 2, top + (bottom - top) * part))
      const own = spot => spot !== null && (one.contains(spot) || spot.contains(one) || (one.labels && [...one.labels].some(label => label.contains(spot))))
      if (!spots.some(own)) found.push(`covered by ${spots[0]?.tagName}.${spots[0]?.className}: ${said}`)
    }
    scrollTo(x, y)
    return found
  },

  /** WCAG 1.4.12: with more room between lines, words and letters nothing is cut off, and nothing sticks out. */
  spacing() {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync('*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}p{margin-bottom:2em!important}')
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
    const isCut = one => {
      const { overflowX, overflowY, textOverflow, webkitLineClamp } = getComputedStyle(one)
      const cuts = way => way === 'hidden' || way === 'clip'
      // A field scrolls what is typed; the text of a PDF lies unseen over its picture.
      if (one.matches('input, textarea') || one.closest('.unseen, .pdf-text')) return false
      // What a list shortens on purpose, with an ellipsis, stands whole in what it opens.
      if (textOverflow === 'ellipsis' || webkitLineClamp !== 'none' || !one.checkVisibility({ visibilityProperty: true })) return false
      return (cuts(overflowX) && one.scrollWidth > one.clientWidth + 1) || (cuts(overflowY) && one.scrollHeight > one.clientHeight + 1)
    }
    const cut = [...document.querySelectorAll('body *')].filter(isCut).map(one => `cut off: ${one.tagName}.${one.className} "${one.textContent.trim().slice(0, 30)}"`)
    const wide = globalThis.looks.reflow()
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter(one => one !== sheet)
    return [...new Set([...cut, ...wide])].slice(0, 6)
  },

  /** RGAA 8.2: what is in the page is what a parser makes of its text, and stands where HTML lets it stand. Only without the policy. */
  valid() {
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id)
    const found = ids.filter((id, at) => ids.indexOf(id) !== at).map(id => `twice: #${id}`)
    const [here, again] = [document.body.outerHTML, new DOMParser().parseFromString(document.documentElement.outerHTML, 'text/html').body.outerHTML]
    const at = [...here].findIndex((sign, place) => sign !== again[place])
    if (here !== again) found.push(`parsed differently: ${here.slice(Math.max(0, at - 60), at + 60)}`)
    const block = ':is(div, p, ul, ol, dl, section, table, form, fieldset, h1, h2, h3, h4)'
    const misplaced = [`:is(p, span, button, label, strong, b, time, h1, h2, h3, h4, legend) ${block}`, ':is(ul, ol) > :not(li)', 'dl > :not(dt, dd, div)', ':is(a, button) :is(a, button, input, select, textarea)', 'label label']
    for (const one of document.querySelectorAll(misplaced.join(', '))) found.push(`may not stand there: ${one.outerHTML.slice(0, 60)} in ${one.parentElement.outerHTML.slice(0, 60)}`)
    return [...new Set(found)].slice(0, 6)
  },

  /** Under prefers-reduced-motion nothing runs, and nothing would (WCAG 2.3.3). */
  motion() {
    const long = value => value.split(',').some(one => parseFloat(one) * (one.trim().endsWith('ms') ? 1 : 1000) > 10)
    const running = document.getAnimations().filter(one => one.effect?.getTiming().duration > 10)
    const found = running.map(one => `runs: ${one.animationName ?? one.transitionProperty ?? 'an animation'}`)
    for (const one of document.querySelectorAll('*')) {
      for (const pseudo of [null, '::before', '::after']) {
        const { animationName, animationDuration, transitionDuration, scrollBehavior } = getComputedStyle(one, pseudo)
        if (animationName !== 'none' && long(animationDuration)) found.push(`would move: ${one.tagName}.${one.className} ${animationName}`)
        if (long(transitionDuration)) found.push(`would change slowly: ${one.tagName}.${one.className}`)
        if (scrollBehavior === 'smooth') found.push(`would scroll slowly: ${one.tagName}`)
      }
    }
    return [...new Set(found)].slice(0, 6)
  },

  /** Under forced colours each control still has an edge or is underlined or is text among text, and each icon its own colour. */
  forced() {
    const ground = one => {
      for (let at = one; at !== null; at = at.parentElement) {
        const { backgroundColor } = getComputedStyle(at)
        if (!/, 0\)$|transparent/.test(backgroundColor)) return backgroundColor
      }
      return getComputedStyle(document.documentElement).backgroundColor
    }
    const edged = one => {
      const style = getComputedStyle(one)
      const sides = ['Top', 'Bottom', 'Left', 'Right']
      return sides.some(side => style[`border${side}Style`] !== 'none' && parseFloat(style[`border${side}Width`]) > 0 && style[`border${side}Color`] !== ground(one.parentElement))
    }
    const found = []
    const seen = one => one.checkVisibility({ visibilityProperty: true }) && !one.closest('.unseen')
    for (const one of document.querySelectorAll('.button-main, .button-other, .button-danger, .input, select, .card, .notice, .alert')) {
      if (seen(one) && !edged(one)) found.push(`no edge: ${one.tagName}.${one.className}`)
    }
    for (const one of document.querySelectorAll('.icon')) {
      if (!seen(one)) continue
      const { color, stroke, fill } = getComputedStyle(one)
      const drawn = [stroke, fill].filter(value => value !== 'none')
      if (drawn.length > 0 && drawn.every(value => value === ground(one))) found.push(`icon like its ground: ${one.outerHTML.slice(0, 60)}`)
      if (color === ground(one)) found.push(`word like its ground: ${one.parentElement.className}`)
    }
    return [...new Set(found)].slice(0, 6)
  },
}
