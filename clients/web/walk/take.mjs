/**
 * Walks the patient's path in a real Chromium against a real relay, and keeps a picture of each state.
 *
 * `node walk/take.mjs [FOLDER]`: phone (375 and 320 px) and desk, light and dark, French and English. Ends with status 1
 * when a step fails, or when the page reports an error or a breach of its own policy.
 */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'
import { startRig } from './rig.mjs'
import { totp } from './totp.mjs'

const FOLDER = process.argv[2] ?? 'screens'
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
const PASSWORD = 'tilleul parfum juin 1948'
const SIZES = { phone: [375, 812], small: [320, 640], desk: [1280, 800] }

mkdirSync(FOLDER, { recursive: true })
const rig = await startRig()
const context = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), 'pli-screens-')), {
  executablePath: process.env['PLI_CHROMIUM'] ?? '/usr/bin/chromium',
  headless: true,
  args: ARGUMENTS,
  locale: 'fr-FR',
  acceptDownloads: true,
  viewport: { width: 1280, height: 800 },
})
const page = context.pages()[0] ?? (await context.newPage())
const troubles = []
const origins = new Set()
page.on('console', message => {
  if (message.type() === 'error') troubles.push(`console: ${message.text()}`)
})
page.on('pageerror', error => troubles.push(`page: ${error.stack ?? error.message}`))
page.on('request', request => {
  if (!request.url().startsWith('blob:')) origins.add(new URL(request.url()).origin)
})

const byRole = (role, name) => page.getByRole(role, { name })
let count = 0

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const TAGS = ['wcag2a', 'wcag2aa', 'wcag2aaa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** What axe finds in this state. */
async function look(stem) {
  await page.evaluate(AXE)
  const found = await page.evaluate(async tags => {
    const { violations } = await globalThis.axe.run({ exclude: ['.hiddenCanvasElement'] }, { runOnly: tags })
    // On a phone the bar below lies over what is scrolled under it: that part is not a target where it stands now.
    const bar = document.querySelector('.bottom')?.getBoundingClientRect().top || Infinity
    const under = ({ target }) => document.querySelector(target[0])?.getBoundingClientRect().bottom > bar
    const real = violations.filter(({ id, nodes }) => id !== 'target-size' || !nodes.every(under))
    return real.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).slice(0, 3).join(' | ')}`)
  }, TAGS)
  for (const one of found) troubles.push(`axe ${stem} ${one}`)
}

/** The elements that stick out on the right. */
const sticking = () =>
  page.evaluate(() =>
    [...document.querySelectorAll('body *')]
      .filter(one => one.getBoundingClientRect().right > window.innerWidth + 0.5)
      .map(one => `${one.tagName}.${one.className}`)
      .slice(0, 6)
      .join(' '),
  )

/** The same state at each size, in each light, and in English. */
async function shot(name, { full = false } = {}) {
  count += 1
  const stem = `${String(count).padStart(2, '0')}-${name}`
  for (const [size, [width, height]] of Object.entries(SIZES)) {
    await page.setViewportSize({ width, height })
    for (const colorScheme of ['light', 'dark']) {
      if (size === 'small' && colorScheme === 'dark') continue
      await page.emulateMedia({ colorScheme })
      await page.waitForTimeout(120)
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      if (wide > 0) troubles.push(`${stem} ${size}: ${wide} px too wide: ${await sticking()}`)
      if (size !== 'small') await look(`${stem} ${size} ${colorScheme}`)
      await page.screenshot({ path: join(FOLDER, `${stem}-${size}-${colorScheme}.png`), fullPage: full })
    }
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1280, height: 800 })
  await byRole('button', 'English').click()
  await page.mouse.move(0, 0)
  await page.waitForTimeout(250)
  await page.screenshot({ path: join(FOLDER, `${stem}-desk-english.png`), fullPage: full })
  await byRole('button', 'Français').click()
}

async function walk() {
  await page.goto(rig.origin)
  await byRole('link', 'Se connecter').waitFor()
  await shot('welcome')
  await byRole('link', 'Comprendre Pli').click()
  await shot('about', { full: true })

  // Activation, with the address of the letter's QR code.
  await page.goto(`${rig.origin}/#code=${rig.code}&login=${rig.login}`)
  await byRole('heading', 'Le code de votre lettre').waitFor()
  await shot('letter-code')
  await page.getByLabel('Code de la lettre').fill('123-ABC')
  await byRole('button', 'Continuer').click()
  await page.getByRole('alert').waitFor()
  await shot('letter-code-wrong')
  await page.getByLabel('Code de la lettre').fill(rig.code)
  await byRole('button', 'Continuer').click()
  await byRole('heading', 'Choisissez un mot de passe').waitFor()
  await page.getByLabel('Nouveau mot de passe').fill('court')
  await byRole('button', 'Continuer').click()
  await shot('password', { full: true })
  await page.getByLabel('Nouveau mot de passe').fill(PASSWORD)
  await page.getByLabel('Le même mot de passe').fill(PASSWORD)
  await byRole('button', 'Continuer').click()
  await byRole('heading', 'Une seconde serrure').waitFor()
  await shot('second-lock', { full: true })
  const secret = (await page.locator('.kept').textContent()).replace(/\s/g, '')
  await page.getByLabel('Code à 6 chiffres').fill(totp(secret, -1))
  await byRole('button', 'Ouvrir mon compte').click()
  await byRole('heading', 'Messages').waitFor({ timeout: 20_000 })
  await page.getByText('Aucun message pour le moment').waitFor()
  await shot('messages-empty')

  // A letter arrives by itself.
  await page.waitForTimeout(1500)
  const before = Date.now()
  await rig.tell('first')
  await byRole('link', /CR d'examens biologiques/).waitFor()
  console.log(`the first letter appeared ${Date.now() - before} ms after it was given to the sender`)
  await rig.tell('second')
  await byRole('link', /rappel de vaccin/).waitFor()
  await shot('messages')

  await byRole('link', /CR d'examens biologiques/).click()
  await byRole('heading', /CR d'examens biologiques/).first().waitFor()
  await shot('conversation', { full: true })
  await byRole('button', /^Ouvrir 2.*\.pdf/).click()
  await page.locator('.pdf-page canvas').first().waitFor()
  await page.waitForTimeout(800)
  await page.locator('.pdf-page').first().scrollIntoViewIfNeeded()
  await shot('pdf')
  await byRole('button', /^Fermer 2.*\.pdf/).click()
  await byRole('button', "Ouvrir Compte rendu d'examens biologiques").click()
  await page.locator('.cda').waitFor()
  await page.locator('.cda').scrollIntoViewIfNeeded()
  await shot('cda')
  await byRole('button', "Fermer Compte rendu d'examens biologiques").click()

  await byRole('button', 'Accepter').click()
  await page.getByText('Vous avez accepté ce rendez-vous').first().waitFor()
  await byRole('region', /^Rendez-vous/).scrollIntoViewIfNeeded()
  await shot('accepted')
  await page.waitForTimeout(6500)

  await page.getByLabel('Votre réponse').fill('Bonjour docteur,\n\nMerci pour ces résultats. Je serai là mardi.\nVoici mon carnet de tension.\n\nCamille')
  await page.getByLabel('Ajouter un fichier').setInputFiles({ name: 'carnet de tension.txt', mimeType: 'text/plain', buffer: Buffer.from('12/8 lundi\n13/8 mardi\n') })
  await page.getByText('prêt').waitFor()
  await byRole('button', 'Envoyer').scrollIntoViewIfNeeded()
  await shot('answer')
  await byRole('button', 'Envoyer').click()
  await byRole('button', 'Annuler l’envoi').waitFor()
  await shot('undo')
  if (await byRole('button', 'Annuler l’envoi').isVisible()) {
    await byRole('button', 'Annuler l’envoi').click()
    await byRole('button', 'Envoyer').click()
  }
  await page.getByText('Message envoyé.').waitFor({ timeout: 25_000 })
  await shot('sent')
  console.log(JSON.stringify(await rig.tell('answer'), null, 1))

  await byRole('link', 'Dossier').first().click()
  await byRole('heading', 'Dossier').waitFor()
  await shot('record')
  await byRole('link', /Compte rendu d'examens biologiques/).click()
  await byRole('button', /^Ouvrir/).first().waitFor()
  await shot('document')
  await byRole('link', /^Agenda/).first().click()
  await byRole('heading', 'Agenda').waitFor()
  await shot('agenda', { full: true })
  await byRole('link', 'Compte', { exact: true }).first().click()
  await byRole('heading', 'Compte').waitFor()
  await shot('account', { full: true })

  // A letter that was changed at the relay; the others still open.
  await page.getByRole('button', { name: 'Se déconnecter' }).click()
  await byRole('link', 'Se connecter').or(page.getByLabel('Identifiant')).first().waitFor()
  console.log(JSON.stringify(await rig.tell('spoilt')))
  await rig.tell('close')
  await page.goto(`${rig.origin}/messages`)
  await page.getByLabel('Identifiant').fill(rig.login)
  await page.getByLabel('Mot de passe', { exact: true }).fill('ce n’est pas cela')
  await shot('login')
  await byRole('button', 'Se connecter').click()
  await page.getByRole('alert').waitFor()
  await shot('login-wrong')
  await page.getByLabel('Mot de passe', { exact: true }).fill(PASSWORD)
  await byRole('button', 'Se connecter').click()
  await page.getByLabel('Code à 6 chiffres').waitFor()
  await page.getByLabel('Code à 6 chiffres').fill('000000')
  await byRole('button', 'Continuer').click()
  await page.getByRole('alert').waitFor()
  await shot('code-wrong')
  await page.getByLabel('Code à 6 chiffres').fill(totp(secret, 1))
  await page.getByLabel(/Ne plus demander de code/).check()
  await byRole('button', 'Continuer').click()
  await page.getByText('Message impossible à ouvrir').waitFor({ timeout: 20_000 })
  await shot('unreadable')
  await byRole('link', /CR d'examens biologiques/).click()
  await page.getByText('MARTIN a clos cet échange').waitFor()
  await page.getByText('MARTIN a clos cet échange').scrollIntoViewIfNeeded()
  await shot('closed')
  await page.reload()
  await byRole('heading', 'Rouvrir vos messages').waitFor()
  await shot('reloaded')
  await page.getByLabel('Mot de passe', { exact: true }).fill(PASSWORD)
  await byRole('button', 'Rouvrir').click()
  await page.getByText('MARTIN a clos cet échange').waitFor({ timeout: 20_000 })
}

let failed = false
try {
  await walk()
} catch (error) {
  failed = true
  console.error(error)
  await page.screenshot({ path: join(FOLDER, 'failed.png') })
}
writeFileSync(join(FOLDER, 'page.html'), await page.content())
await context.close()
await rig.stop()
console.log(`origins asked: ${[...origins].join(' ')}`)
for (const trouble of new Set(troubles)) console.error(trouble)
process.exit(failed || troubles.some(one => !/401|Failed to load resource/.test(one)) ? 1 : 0)
