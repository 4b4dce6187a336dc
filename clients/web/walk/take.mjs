/**
 * Walks the patient's path in a real Chromium against a real relay, and keeps a picture of each state.
 *
 * `node walk/take.mjs [FOLDER] [PICTURES]`: phone (375 and 320 px) and desk, light and dark, French and English. Ends with status 1
 * when a step fails, when the page reports an error or a breach of its own policy, and when the browser keeps what it
 * should not. With PICTURES, those of the README are taken as well.
 */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'
import { startRig } from './rig.mjs'
import { totp } from './totp.mjs'

const FOLDER = process.argv[2] ?? 'screens'
const PICTURES = process.argv[3]
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
const PASSWORD = 'tilleul parfum juin 1948'
const SIZES = { phone: [375, 812], small: [320, 640], desk: [1280, 800] }

mkdirSync(FOLDER, { recursive: true })
const rig = await startRig()
const troubles = []
const origins = new Set()

/** A browser of its own: one device. */
async function device() {
  const context = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), 'pli-screens-')), {
    executablePath: process.env['PLI_CHROMIUM'] ?? '/usr/bin/chromium',
    headless: true,
    args: ARGUMENTS,
    locale: 'fr-FR',
    acceptDownloads: true,
    viewport: { width: 1280, height: 800 },
  })
  context.on('console', message => {
    if (message.type() === 'error') troubles.push(`console: ${message.text()}`)
  })
  context.on('weberror', error => troubles.push(`page: ${error.error().stack ?? error.error().message}`))
  context.on('request', request => {
    if (!request.url().startsWith('blob:')) origins.add(new URL(request.url()).origin)
  })
  return context
}

const context = await device()
let page = context.pages()[0] ?? (await context.newPage())

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

/** Bring `at` to where a person would look, after the window got another size. */
async function goTo(at, block) {
  if (at === undefined) return
  await at.first().evaluate((element, where) => element.scrollIntoView({ block: where }), block)
}

/** The whole page in one picture: at a desk the window grows, because its two halves scroll; the phone's bar stays below. */
async function whole(path, size) {
  const height = await page.evaluate(() => Math.max(...[...document.querySelectorAll('.pane-one, html')].map(one => one.scrollHeight)))
  if (size === 'desk') await page.setViewportSize({ width: SIZES.desk[0], height: Math.min(Math.max(height + 80, 800), 4000) })
  await page.evaluate(() => document.querySelector('.bottom')?.style.setProperty('position', 'static'))
  await page.screenshot({ path, fullPage: true })
  await page.evaluate(() => document.querySelector('.bottom')?.style.removeProperty('position'))
}

/** The same state at each size, in each light, and in English. `at` is what the picture is of. */
async function shot(name, { full = false, at, block = 'center' } = {}) {
  count += 1
  const stem = `${String(count).padStart(2, '0')}-${name}`
  await page.mouse.move(0, 0)
  const take = async (size, light) => {
    const path = join(FOLDER, `${stem}-${size}-${light}.png`)
    await goTo(at, block)
    await page.waitForTimeout(120)
    await (full ? whole(path, size) : page.screenshot({ path }))
  }
  for (const [size, [width, height]] of Object.entries(SIZES)) {
    for (const colorScheme of ['light', 'dark']) {
      if (size === 'small' && colorScheme === 'dark') continue
      await page.setViewportSize({ width, height })
      await page.emulateMedia({ colorScheme })
      await goTo(at, block)
      await page.waitForTimeout(60)
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      if (wide > 0) troubles.push(`${stem} ${size}: ${wide} px too wide: ${await sticking()}`)
      if (size !== 'small') await look(`${stem} ${size} ${colorScheme}`)
      await take(size, colorScheme)
    }
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1280, height: 800 })
  await byRole('button', 'English').click()
  await page.mouse.move(0, 0)
  await page.waitForTimeout(250)
  await take('desk', 'english')
  await page.setViewportSize({ width: 1280, height: 800 })
  await byRole('button', 'Français').click()
}

/** Each time step of the second factor is good for one use. */
let usedStep = 0
async function freshCode(secret) {
  while (Math.floor(Date.now() / 30_000) <= usedStep) await page.waitForTimeout(500)
  usedStep = Math.floor(Date.now() / 30_000)
  return totp(secret)
}

const REMEMBERED = /^pli (language|text size|name|name a.+|known|active|trust .+|box a.+|states a.+)$/
const READABLE = /Martin|examens|vaccin|carnet|tilleul/i

/** The recovery code that was on the screen last. */
let sheet = ''
const holdsSheet = text => sheet !== '' && text.replace(/[^0-9A-Z]/g, '').includes(sheet.replaceAll('-', ''))

/** A code as the page shows it: nine groups. */
const shownCode = async () => (await page.locator('.group').allTextContents()).join('-')

/** From a code that fits to the digits of the second lock: the same way for a letter and for a recovery sheet. */
async function openAccount(pictures) {
  const see = async (name, how) => {
    if (pictures) await shot(name, how)
  }
  await see('begun')
  await byRole('button', 'Commencer').click()
  await byRole('heading', 'Choisissez un mot de passe').waitFor()
  await page.getByLabel('Nouveau mot de passe').fill('court')
  await byRole('button', 'Continuer').click()
  await see('password', { full: true })
  await page.getByLabel('Nouveau mot de passe').fill(PASSWORD)
  await page.getByLabel('Le même mot de passe').fill(PASSWORD)
  await byRole('button', 'Continuer').click()
  await page.locator('.kit').waitFor()
  await see('sheet', { full: true })
  if (pictures) await onPaper('sheet-paper')
  sheet = await shownCode()
  await byRole('button', 'Je l’ai imprimée ou recopiée').click()
  await byRole('heading', 'Vérifions votre feuille').waitFor()
  await byRole('button', 'Continuer').click()
  await see('sheet-groups', { full: true })
  for (const label of await page.locator('label').allTextContents()) {
    const number = Number(/Groupe (\d)/.exec(label)[1])
    await page.getByLabel(`Groupe ${number}`, { exact: true }).fill(sheet.split('-')[number - 1].toLowerCase())
  }
  await byRole('button', 'Continuer').click()
  await byRole('heading', 'Une seconde serrure').waitFor()
  await see('second-lock', { full: true })
  const secret = (await page.locator('.kept').textContent()).replace(/\s/g, '')
  await page.getByLabel('Code à 6 chiffres').fill(await freshCode(secret))
  return secret
}

/** What comes out of the printer: one page. */
async function onPaper(name) {
  count += 1
  await page.emulateMedia({ media: 'print' })
  await page.screenshot({ path: join(FOLDER, `${String(count).padStart(2, '0')}-${name}.png`), fullPage: true })
  const pages = (await page.pdf({ format: 'A4' })).toString('latin1').match(/\/Type \/Page\b/g)?.length
  if (pages !== 1) troubles.push(`${name}: ${pages} pages`)
  await page.emulateMedia({ media: null })
}

/** What this browser holds: nothing readable at any time, and after log-out neither key nor wrapped bytes. */
async function checkStorage(when, left) {
  const held = await page.evaluate(async () => ({
    local: Object.entries(localStorage),
    session: Object.entries(sessionStorage),
    databases: (await indexedDB.databases()).map(({ name }) => name),
    caches: await caches.keys(),
  }))
  const said = one => troubles.push(`storage ${when}: ${one}`)
  for (const [name, value] of [...held.local, ...held.session]) if (READABLE.test(value) || holdsSheet(value)) said(`readable: ${name}`)
  for (const [name] of held.local) if (!REMEMBERED.test(name)) said(`unexpected: ${name}`)
  if (held.caches.length > 0) said(`caches: ${held.caches}`)
  const kept = [...held.session.map(([name]) => name), ...held.databases].sort().join(', ')
  if (kept !== (left ? '' : 'pli, pli kept, pli sealed')) said(`kept: ${kept || 'nothing'}`)
  if (left && held.local.some(([name]) => name === 'pli known')) said('still known')
  if (left) return
  const exported = await page.evaluate(async () => {
    const opened = indexedDB.open('pli')
    await new Promise(resolve => (opened.onsuccess = resolve))
    const got = opened.result.transaction('keys').objectStore('keys').get('page')
    await new Promise(resolve => (got.onsuccess = resolve))
    opened.result.close()
    return crypto.subtle.exportKey('raw', got.result).then(() => true, () => false)
  })
  if (exported) said('the wrapping key can be exported')
  // What is kept for reading without the relay: sealed, so that no word of it stands there.
  const sealed = await page.evaluate(async () => {
    const opened = indexedDB.open('pli sealed')
    await new Promise(resolve => (opened.onsuccess = resolve))
    const got = opened.result.transaction('sealed').objectStore('sealed').getAll()
    await new Promise(resolve => (got.onsuccess = resolve))
    opened.result.close()
    return got.result.map(bytes => new TextDecoder('latin1').decode(bytes)).join('\n')
  })
  if (READABLE.test(sealed)) said('readable: sealed letters')
}

/** Where the keyboard is, in the places and in a list: a picture of its own, because what is hidden loses the focus. */
async function focused() {
  count += 1
  for (const size of ['desk', 'phone']) {
    await page.setViewportSize({ width: SIZES[size][0], height: SIZES[size][1] })
    for (const [what, at] of [['place', page.locator('nav a.place:visible').nth(1)], ['button', page.locator('.file button:visible').first()]]) {
      await at.focus()
      await page.keyboard.press('Shift+Tab')
      await page.keyboard.press('Tab')
      await page.waitForTimeout(100)
      await page.screenshot({ path: join(FOLDER, `${String(count).padStart(2, '0')}-focus-${what}-${size}-light.png`) })
    }
  }
  await page.setViewportSize({ width: SIZES.desk[0], height: SIZES.desk[1] })
}

/** Two pictures for the README. */
async function pictures() {
  if (PICTURES === undefined) return
  mkdirSync(PICTURES, { recursive: true })
  for (const [name, width, height] of [['conversation', 1180, 760], ['phone', 375, 760]]) {
    await page.setViewportSize({ width, height })
    await page.mouse.move(0, 0)
    await page.waitForTimeout(200)
    await page.screenshot({ path: join(PICTURES, `${name}.png`) })
  }
  await page.setViewportSize({ width: 1280, height: 800 })
}

/** Each page of the account as it opens. */
async function accountPages() {
  const titles = {
    name: 'Votre nom',
    reading: 'Lecture',
    devices: 'Appareils connectés',
    pair: 'Ajouter un appareil',
    password: 'Mot de passe',
    passkeys: 'Clés d’accès',
    kit: 'Feuille de secours',
    authenticator: 'Application de codes',
    carers: 'Proches et enfants',
    child: 'J’ai reçu une lettre pour un enfant',
    suspicion: 'Quelqu’un d’autre a peut-être mes clés',
    watchers: 'Surveillance des clés',
  }
  for (const [name, title] of Object.entries(titles)) {
    await page.locator('.rows-row', { hasText: title }).first().click()
    await byRole('link', 'Retour au compte').waitFor()
    await page.getByText('Un instant…').waitFor({ state: 'detached' })
    await shot(`account-${name}`, { full: true })
    await byRole('link', 'Retour au compte').first().click()
    await byRole('heading', 'Compte', { exact: true }).waitFor()
  }
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
  await page.locator('.wrong').waitFor()
  await shot('letter-code-wrong')
  await page.getByLabel('Code de la lettre').fill(rig.code)
  await byRole('button', 'Continuer').click()
  await byRole('heading', 'Votre lettre est reconnue').waitFor()
  const secret = await openAccount(true)
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
  await pictures()
  await shot('conversation', { full: true })
  await byRole('button', /^Ouvrir 2.*\.pdf/).click()
  await page.locator('.pdf-page canvas').first().waitFor()
  await page.waitForTimeout(800)
  await shot('pdf', { at: page.locator('.file').filter({ has: page.locator('.pdf-page') }), block: 'start' })
  await byRole('button', /^Fermer 2.*\.pdf/).click()
  await byRole('button', "Ouvrir Compte rendu d'examens biologiques").click()
  await page.locator('.cda').waitFor()
  await shot('cda', { at: page.locator('.cda'), block: 'start' })
  await byRole('button', "Fermer Compte rendu d'examens biologiques").click()

  await byRole('button', 'Accepter').click()
  await page.getByText('Vous avez accepté ce rendez-vous').first().waitFor()
  await page.waitForTimeout(6500)
  await shot('accepted', { at: byRole('region', /^Rendez-vous|^Appointment/).last(), block: 'start' })

  await page.getByLabel('Votre réponse').fill('Bonjour docteur,\n\nMerci pour ces résultats. Je serai là mardi.\nVoici mon carnet de tension.\n\nCamille')
  await page.getByLabel('Ajouter un fichier').setInputFiles({ name: 'carnet de tension.txt', mimeType: 'text/plain', buffer: Buffer.from('12/8 lundi\n13/8 mardi\n') })
  await page.getByText('prêt').waitFor()
  await shot('answer', { at: page.locator('section.answer'), block: 'start' })
  await byRole('button', 'Envoyer').click()
  await byRole('button', 'Annuler l’envoi').waitFor()
  await shot('undo', { at: page.locator('section.answer'), block: 'start' })
  if (await byRole('button', 'Annuler l’envoi').isVisible()) {
    await byRole('button', 'Annuler l’envoi').click()
    await byRole('button', 'Envoyer').click()
  }
  await page.getByText('Message envoyé.').waitFor({ timeout: 25_000 })
  await shot('sent', { at: page.locator('.letter-own').last() })
  console.log(JSON.stringify(await rig.tell('answer'), null, 1))

  await byRole('link', 'Dossier').first().click()
  await byRole('heading', 'Dossier').waitFor()
  await shot('record')
  await byRole('link', /Compte rendu d'examens biologiques/).click()
  await byRole('button', /^Ouvrir/).first().waitFor()
  await shot('document', { full: true })
  await byRole('link', /^Agenda/).first().click()
  await byRole('heading', 'Agenda').waitFor()
  await shot('agenda', { full: true })
  await byRole('link', 'Compte', { exact: true }).first().click()
  await page.getByRole('heading', { name: 'Compte', exact: true }).waitFor()
  await shot('account', { full: true })
  await accountPages()

  // A letter that was changed at the relay; the others still open.
  await checkStorage('while open', false)
  await page.getByRole('button', { name: 'Se déconnecter' }).click()
  await byRole('link', 'Se connecter').or(page.getByLabel('Identifiant')).first().waitFor()
  await page.waitForTimeout(500)
  await checkStorage('after log-out', true)
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
  await page.getByLabel('Code à 6 chiffres').fill(await freshCode(secret))
  await page.getByLabel(/Ne plus demander de code/).check()
  await byRole('button', 'Continuer').click()
  await page.getByText('Message impossible à ouvrir').waitFor({ timeout: 20_000 })
  await shot('unreadable')
  await byRole('link', /CR d'examens biologiques/).click()
  await page.getByText('MARTIN a clos cet échange').waitFor()
  await shot('closed', { at: page.getByText(/MARTIN (a clos cet échange|has closed)/) })

  // A reload asks for nothing; a relay that is away is waited for.
  await page.reload()
  await page.getByText('MARTIN a clos cet échange').waitFor({ timeout: 20_000 })
  await page.route('**/auth/refresh', route => route.abort())
  await page.reload()
  await byRole('heading', 'Pli ne répond pas').waitFor()
  await shot('away')
  await page.unroute('**/auth/refresh')
  await page.getByText('MARTIN a clos cet échange').waitFor({ timeout: 20_000 })
  await context.setOffline(true)
  await page.getByText('Pli ne répond pas pour l’instant').waitFor()
  await shot('offline')
  await context.setOffline(false)
  await page.getByText('Pli ne répond pas pour l’instant').waitFor({ state: 'detached' })

  // Much of everything.
  await rig.tell('many')
  await rig.tell('long')
  await byRole('link', 'Messages').first().click()
  await byRole('link', /Vos douze documents/).waitFor()
  await page.waitForTimeout(1000)
  await shot('many')
  await byRole('link', /Hexakosi/).first().click()
  await byRole('heading', /Hexakosi/).first().waitFor()
  await shot('long-word')
  await byRole('link', /Vos douze documents/).click()
  await byRole('heading', 'Vos douze documents').waitFor()
  await shot('many-parts', { full: true })
  await focused()

  // Another tab has no keys of its own. Leaving there closes this one.
  const first = page
  page = await context.newPage()
  await page.goto(`${rig.origin}/messages`)
  await byRole('heading', 'Rouvrir vos messages').waitFor()
  await shot('unlock')
  await byRole('button', 'Se déconnecter').click()
  await page.getByLabel('Identifiant').waitFor()
  await page.waitForTimeout(500)
  await checkStorage('in the other tab', true)
  await page.close()
  page = first
  await page.evaluate(() => window.dispatchEvent(new Event('online')))
  await page.getByText('Votre connexion a pris fin').waitFor({ timeout: 40_000 })
  await shot('ended')
  await checkStorage('after the session was ended elsewhere', true)

  // Back in with the sheet.
  await page.goto(rig.origin)
  await byRole('link', /J’ai perdu/).click()
  await byRole('heading', 'Revenir avec la feuille de secours').waitFor()
  await page.getByLabel('Identifiant').fill('quelqu.un')
  await page.getByLabel('Code de secours').fill(sheet)
  await byRole('button', 'Continuer').click()
  await page.getByRole('alert').waitFor()
  await shot('recovery-wrong', { full: true })
  await page.getByLabel('Identifiant').fill(rig.login)
  await byRole('button', 'Continuer').click()
  await byRole('heading', 'Votre feuille est reconnue').waitFor()
  await shot('recovery-begun')
  await openAccount(false)
  await byRole('button', 'Rouvrir mon compte').click()
  await byRole('heading', 'Messages').waitFor({ timeout: 20_000 })

  // A second device, opened by this one.
  const [old, added] = [page, await device()]
  page = added.pages()[0] ?? (await added.newPage())
  await page.goto(`${rig.origin}/connexion`)
  await byRole('link', 'Pli est ouvert sur un autre de mes appareils').click()
  await byRole('heading', 'Ouvrir Pli avec un autre appareil').waitFor()
  await shot('pair-new')
  await byRole('button', 'Afficher le code').click()
  await page.locator('.qr').waitFor()
  await shot('pair-new-code', { full: true })
  await old.goto(`${rig.origin}/#pair/${(await shownCode()).replaceAll('-', '')}`)
  await old.getByRole('button', { name: 'Continuer' }).click()
  await byRole('heading', 'Comparez les six chiffres').waitFor({ timeout: 20_000 })
  await shot('pair-new-digits')
  await byRole('button', 'Oui, les mêmes chiffres').click()
  await old.getByRole('button', { name: /^Oui, les mêmes/ }).click()
  await byRole('heading', 'Messages').waitFor({ timeout: 20_000 })
  await page.waitForTimeout(500)
  await checkStorage('on the second device', false)
  await added.close()
  page = old
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
