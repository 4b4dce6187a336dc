/** Looks at a state as everybody might have it before them, asks what can be asked, and keeps the pictures. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { axe, axeAsScript, forced, motion, reachable, reflow, spacing, valid } from './checks.mjs'

export const SIZES = { phone: [390, 844], desk: [1280, 800], zoom: [320, 256] }
const TONGUES = { fr: 'Français', en: 'English' }

/** Each language at each size in each light. `axe` looks at one of two lights in English: words change there, colours do not. */
const LOOKS = ['phone', 'desk'].flatMap(size => ['light', 'dark'].flatMap(light => Object.keys(TONGUES).map(tongue => ({ size, light, tongue }))))

export class Eyes {
  /**
   * `quick`: French, phone in light and desk in dark, no pictures. `policy` false: the browser ignores the page's policy, and
   * axe-core looks as a script of the page, and the page's HTML is looked at: French, phone, light.
   */
  constructor(folder, { quick, policy }) {
    this.folder = folder
    this.quick = quick || !policy
    this.policy = policy
    this.troubles = []
    this.states = []
    if (this.quick) return
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
  }

  /** `at`: what the picture is of; `full`: the whole page; `brief`: a state that passes, or that another language would end. */
  async see(page, name, { full = false, at, block = 'center', brief = false } = {}) {
    const stem = `${String(this.states.length + 1).padStart(3, '0')}-${name}`
    const pictures = []
    this.states.push({ stem, pictures })
    const note = async (how, check) => {
      for (const one of await check(page)) this.troubles.push(`${stem} ${how}: ${one}`)
    }
    await page.mouse.move(0, 0)
    await page.waitForTimeout(250) // what appears has appeared: half-way its contrast is nobody's
    if (!this.policy) {
      await setUp(page, 'phone', { colorScheme: 'light' })
      await note('phone light fr, without the policy', axeAsScript)
      await note('as HTML', valid)
      return setUp(page, 'desk', {})
    }
    const few = brief || this.quick
    const looks = few ? LOOKS.filter(({ size, light, tongue }) => tongue === 'fr' && (size === 'phone') === (light === 'light')) : LOOKS
    for (const { size, light, tongue } of looks.toSorted((a, b) => b.tongue.localeCompare(a.tongue))) {
      await speak(page, tongue)
      await setUp(page, size, { colorScheme: light })
      await goTo(at, block)
      const how = `${size} ${light} ${tongue}`
      if (tongue === 'fr' || (size === 'phone') === (light === 'light')) await note(how, axe)
      await note(how, reflow)
      if (!this.quick) pictures.push(await this.#take(page, stem, `${size}-${light}-${tongue}`, size, { full, at, block }))
    }
    await speak(page, 'fr')
    await setUp(page, 'phone', { colorScheme: 'light' })
    await note('with wide spacing', spacing)
    await setUp(page, 'zoom', { colorScheme: 'light' })
    await note('at 400 %', reflow)
    await note('at 400 %', reachable)
    if (!few) pictures.push(await this.#take(page, stem, 'zoom', 'zoom', { at, block }))
    await setUp(page, 'phone', { forcedColors: 'active', reducedMotion: 'reduce' })
    await note('forced colours', forced)
    await note('reduced motion', motion)
    if (!few) pictures.push(await this.#take(page, stem, 'forced', 'phone', { at, block }))
    await page.emulateMedia({ forcedColors: null, reducedMotion: null, colorScheme: 'light' })
    await setUp(page, 'desk', {})
  }

  async #take(page, stem, how, size, { full, at, block }) {
    const name = `${stem}-${how}.png`
    await goTo(at, block)
    await page.waitForTimeout(80)
    const path = join(this.folder, name)
    await (full ? whole(page, path, size) : page.screenshot({ path }))
    return name
  }

  /** What comes out of the printer: one page. */
  async paper(page, name) {
    const stem = `${String(this.states.length + 1).padStart(3, '0')}-${name}`
    await page.emulateMedia({ media: 'print' })
    if (!this.quick) {
      await page.screenshot({ path: join(this.folder, `${stem}.png`), fullPage: true })
      this.states.push({ stem, pictures: [`${stem}.png`] })
    }
    const pages = (await page.pdf({ format: 'A4' })).toString('latin1').match(/\/Type \/Page\b/g)?.length
    if (pages !== 1) this.troubles.push(`${stem}: ${pages} pages`)
    await page.emulateMedia({ media: null })
  }

  /** All pictures on one sheet, to be looked at. */
  sheet() {
    if (this.quick) return
    const figure = name => `<a href="${name}"><img loading="lazy" src="${name}" alt="${name}"></a>`
    const rows = this.states.map(({ stem, pictures }) => `<h2>${stem}</h2><p>${pictures.map(figure).join(' ')}</p>`)
    const style = 'body{font:16px sans-serif;margin:1rem}img{height:260px;border:1px solid #888}p{white-space:nowrap;overflow-x:auto}'
    const page = `<!doctype html><meta charset="utf-8"><title>Pli, ${this.states.length} states</title><style>${style}</style>${rows.join('\n')}\n`
    writeFileSync(join(this.folder, 'index.html'), page)
  }
}

/** By the page's own switch, pressed without the pointer: what is open stays open. */
async function speak(page, tongue) {
  if ((await page.evaluate(() => document.documentElement.lang)) === tongue) return
  await page.evaluate(name => [...document.querySelectorAll('.top-end button')].find(one => one.textContent === name).click(), TONGUES[tongue])
  await page.waitForFunction(lang => document.documentElement.lang === lang, tongue)
  await page.waitForTimeout(80)
}

async function setUp(page, size, media) {
  const [width, height] = SIZES[size]
  await page.setViewportSize({ width, height })
  await page.emulateMedia(media)
  await page.waitForTimeout(40)
}

/** Bring `at` to where a person would look, after the window got another size. */
async function goTo(at, block) {
  if (at !== undefined) await at.first().evaluate((element, where) => element.scrollIntoView({ block: where }), block)
}

/** The whole page in one picture: at a desk the window grows, because its two halves scroll; the phone's bar stays below. */
async function whole(page, path, size) {
  const height = await page.evaluate(() => Math.max(...[...document.querySelectorAll('.pane-one, html')].map(one => one.scrollHeight)))
  if (size === 'desk') await page.setViewportSize({ width: SIZES.desk[0], height: Math.min(Math.max(height + 80, 800), 4000) })
  await page.evaluate(() => document.querySelector('.bottom')?.style.setProperty('position', 'static'))
  await page.screenshot({ path, fullPage: true })
  await page.evaluate(() => document.querySelector('.bottom')?.style.removeProperty('position'))
}
