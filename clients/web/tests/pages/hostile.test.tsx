// @vitest-environment jsdom
/** What strangers write comes out as words: no element, attribute or address that could act. */
import { h, render } from 'preact'
import { afterEach, expect, test } from 'vitest'
import { hasDoctype, header } from '../../src/content/cda.ts'
import { reduce } from '../../src/pages/markup.tsx'
import { Narrative } from '../../src/pages/viewer/narrative.tsx'

const shown = document.createElement('div')
afterEach(() => render(null, shown))

function showHtml(html: string): HTMLElement {
  const { body } = new DOMParser().parseFromString(html, 'text/html')
  render(h('div', {}, reduce(body)), shown)
  return shown
}

function showNarrative(xml: string): HTMLElement {
  const parsed = new DOMParser().parseFromString(`<section xmlns="urn:hl7-org:v3"><text>${xml}</text></section>`, 'application/xml')
  const section = parsed.documentElement
  render(h(Narrative, { text: section.firstElementChild!, section }), shown)
  return shown
}

const ATTACKS = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg><script>alert(1)</script></svg>',
  '<svg/onload=alert(1)>',
  '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<a href="javascript:alert(1)">x</a>',
  '<a href=" java\tscript:alert(1)">x</a>',
  '<a href="data:text/html,<script>alert(1)</script>">x</a>',
  '<p style="background:url(https://evil.example/x)" onclick="alert(1)" id="main" class="toast">x</p>',
  '<form action="https://evil.example"><input name=p><button>Go</button></form>',
  '<link rel=stylesheet href=https://evil.example/x.css><base href=https://evil.example>',
  '<object data=https://evil.example></object><embed src=https://evil.example><video src=https://evil.example></video>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
]

const ACTING = 'script, img, svg, math, iframe, style, link, base, object, embed, video, form, input, button, meta'

test.each(ATTACKS)('%s is only words', attack => {
  const root = showHtml(attack)
  expect(root.querySelectorAll(ACTING)).toHaveLength(0)
  for (const element of root.querySelectorAll('*')) {
    const kept = [...element.attributes].map(({ name }) => name)
    expect(kept.filter(name => !['href', 'target', 'rel', 'colspan', 'rowspan'].includes(name))).toEqual([])
    expect(element.getAttribute('href') ?? 'https://').toMatch(/^(https?|mailto|tel):/)
  }
})

test('what is allowed stays', () => {
  const root = showHtml('<h1>Titre</h1><p>Un <b>mot</b> <a href="https://sante.example">lien</a></p><table><tr><td colspan=2>x</td></tr></table>')
  expect(root.querySelector('h3')?.textContent).toBe('Titre')
  expect(root.querySelector('a')?.getAttribute('rel')).toBe('noreferrer noopener')
  expect(root.querySelector('td')?.getAttribute('colspan')).toBe('2')
})

// Ten times as deep as is shown: jsdom looks at each ancestor of what it inserts, so that more costs it its square.
test('markup that never ends in depth is cut', () => {
  const root = showHtml('<div>'.repeat(1000))
  let depth = 0
  for (let at = root.firstElementChild; at !== null; at = at.firstElementChild) depth += 1
  expect(depth).toBe(101)
})

test('a narrative shows its tables, lists and emphasis', () => {
  const root = showNarrative(
    '<paragraph>Un <content styleCode="Bold">mot</content></paragraph><list listType="ordered"><item>a</item></list>' +
      '<table><thead><tr><th colspan="2">T</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>',
  )
  expect(root.querySelector('p strong')?.textContent).toBe('mot')
  expect(root.querySelector('ol li')?.textContent).toBe('a')
  expect(root.querySelector('th')?.getAttribute('colspan')).toBe('2')
})

test('a narrative brings no HTML of its own', () => {
  const root = showNarrative(
    '<script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script><img xmlns="http://www.w3.org/1999/xhtml" src="x" onerror="alert(1)"/>' +
      '<linkHtml href="javascript:alert(1)">lien</linkHtml><td onclick="alert(1)" style="x">y</td>',
  )
  expect(root.querySelectorAll(ACTING + ', a')).toHaveLength(0)
  expect([...root.querySelectorAll('*')].flatMap(({ attributes }) => [...attributes])).toEqual([])
})

test('what a correction took away is not shown', () => {
  expect(showNarrative('<paragraph>a<content revised="delete">b</content></paragraph>').textContent).toBe('a')
})

test('a document type declaration is seen in any encoding', () => {
  const utf16 = Uint8Array.from(Array.from('<!DOCTYPE x>', character => [character.charCodeAt(0), 0]).flat())
  expect(hasDoctype(utf16)).toBe(true)
  expect(hasDoctype(new TextEncoder().encode('<?xml version="1.0"?><!doctype x>'))).toBe(true)
  expect(hasDoctype(new TextEncoder().encode('<?xml version="1.0"?><ClinicalDocument/>'))).toBe(false)
})

test('a header is read from a French document', () => {
  const xml = `<ClinicalDocument xmlns="urn:hl7-org:v3"><code displayName="CR"/><title>Bilan</title><effectiveTime value="20240312143000+0100"/>
    <recordTarget><patientRole><patient><name><given>Anne</given><family qualifier="BR">DURAND</family><family qualifier="CL">PETIT</family></name>
    <birthTime value="19400714"/></patient></patientRole></recordTarget>
    <author><assignedAuthor><assignedPerson><name><prefix>Dr</prefix><given>Hélène</given><family>ROSTAND</family></name></assignedPerson>
    <representedOrganization><name>Laboratoire</name></representedOrganization></assignedAuthor></author></ClinicalDocument>`
  expect(header(new DOMParser().parseFromString(xml, 'application/xml'))).toEqual({
    title: 'Bilan',
    type: 'CR',
    date: '2024-03-12T14:30',
    patient: 'Anne PETIT',
    birth: '1940-07-14',
    authors: ['Dr Hélène ROSTAND, Laboratoire'],
    custodian: '',
  })
})
