/** What is asked of a state (inpage.js), each as a list of sentences: empty is good. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const LOOKS = readFileSync(new URL('inpage.js', import.meta.url), 'utf8')

/** Evaluated beside the page's policy, which holds all the while. */
const look = name => async page => {
  if (!(await page.evaluate(() => 'looks' in globalThis))) await page.evaluate(`${AXE}\n${LOOKS}`)
  return page.evaluate(one => globalThis.looks[one](), name)
}

export const axe = look('axe')
/** axe-core as an ordinary script of the page, which its policy would not let in: for a browser that ignores the policy. */
const lookAsScript = name => async page => {
  if (!(await page.evaluate(() => 'looks' in globalThis))) await page.addScriptTag({ content: `${AXE}\n${LOOKS}` })
  return page.evaluate(one => globalThis.looks[one](), name)
}

export const axeAsScript = lookAsScript('axe')
/** It reads the page's text again, which the policy keeps scripts from. */
export const valid = lookAsScript('valid')
export const reflow = look('reflow')
export const reachable = look('reachable')
export const spacing = look('spacing')
export const motion = look('motion')
export const forced = look('forced')
