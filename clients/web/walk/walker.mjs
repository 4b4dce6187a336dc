/** The person who walks: a browser, what they know, and the ways in which they find things. */
import { totp } from './totp.mjs'

export const PASSWORD = 'tilleul parfum juin 1948'

export class Walker {
  /** Each time step of the second factor is good for one use. */
  #used = 0
  secret = ''
  /** The recovery code that was on the screen last. */
  kit = ''

  constructor(context, rig, eyes) {
    this.context = context
    this.page = context.pages()[0]
    this.rig = rig
    this.eyes = eyes
  }

  see(name, how) {
    return this.eyes.see(this.page, name, how)
  }

  heading(name) {
    return this.page.getByRole('heading', { name }).first().waitFor({ timeout: 30_000 })
  }

  button(name) {
    return this.page.getByRole('button', { name }).first()
  }

  link(name) {
    return this.page.getByRole('link', { name }).first()
  }

  field(name, exact = false) {
    return this.page.getByLabel(name, { exact }).first()
  }

  /** One of the four places, by what is shown at this width. */
  async goTo(path) {
    await this.page.locator(`nav a[href='${path}']:visible`).first().click()
    await this.page.waitForURL(`**${path}`)
    await this.settled()
  }

  /** A page inside, without loading everything anew. */
  async visit(path) {
    await this.page.evaluate(to => {
      history.pushState(null, '', to)
      dispatchEvent(new PopStateEvent('popstate'))
    }, path)
    await this.settled()
  }

  /** Nothing is being fetched for this page any more. */
  async settled() {
    await this.page.locator('main h1').first().waitFor()
    await this.page.waitForFunction(() => document.querySelector('main .waiting') === null)
    await this.page.waitForTimeout(150)
  }

  async freshCode() {
    while (Math.floor(Date.now() / 30_000) <= this.#used) await this.page.waitForTimeout(300)
    this.#used = Math.floor(Date.now() / 30_000)
    return totp(this.secret)
  }

  /** A code as the page shows it: nine groups. */
  async shownCode() {
    return (await this.page.locator('.group').allTextContents()).join('-')
  }

  async confirmPassword() {
    const dialog = this.page.getByRole('dialog')
    await dialog.getByLabel('Mot de passe', { exact: true }).fill(PASSWORD)
    await dialog.getByRole('button', { name: 'Continuer' }).click()
    await dialog.waitFor({ state: 'detached', timeout: 30_000 })
  }
}
