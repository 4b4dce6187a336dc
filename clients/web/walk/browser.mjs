/** One Chromium is one device. What its page complains of and where it asks is kept for the end of the walk. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** Breaches of the policy, told by the page itself: events, and reports that came before anybody listened. */
const BREACHES = `
addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => console.error('CSP: ' + violatedDirective + ' ' + blockedURI))
new ReportingObserver(reports => reports.forEach(({ body }) => console.error('CSP report: ' + body.effectiveDirective)), { types: ['csp-violation'], buffered: true }).observe()
`

/** A log-in that needs a code, a wrong password, a page that looks for an earlier session: Chromium notes each 401 and each request that a test cut off. */
const EXPECTED = /401|Failed to load resource|net::ERR/

export class Browsers {
  /** `policy` false: the browser ignores the policy of its pages. */
  constructor(origin, policy) {
    this.origin = origin
    this.policy = policy
    this.troubles = []
    this.asked = 0
    this.breaches = 0
  }

  async open() {
    const context = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), 'pli-screens-')), {
      executablePath: process.env['PLI_CHROMIUM'] ?? '/usr/bin/chromium',
      headless: true,
      args: ARGUMENTS,
      locale: 'fr-FR',
      timezoneId: 'Europe/Paris',
      acceptDownloads: true,
      bypassCSP: !this.policy,
      viewport: { width: 1280, height: 800 },
    })
    context.setDefaultTimeout(20_000)
    await context.addInitScript(BREACHES)
    context.on('console', message => {
      if (message.type() !== 'error') return
      if (message.text().startsWith('CSP')) this.breaches += 1
      if (!EXPECTED.test(message.text())) this.troubles.push(`console: ${message.text()}`)
    })
    context.on('weberror', error => this.troubles.push(`page: ${error.error().stack ?? error.error().message}`))
    context.on('request', request => this.#note(request.url()))
    return context
  }

  #note(url) {
    if (/^(blob|data|about|chrome):/.test(url)) return
    this.asked += 1
    if (new URL(url).origin !== this.origin) this.troubles.push(`asked another origin: ${url}`)
  }

  /** At the first request to anywhere else the walk is over. */
  check() {
    const foreign = this.troubles.find(one => one.startsWith('asked another'))
    if (foreign !== undefined) throw new Error(foreign)
  }
}
