/**
 * Walks through the web client in a real Chromium, on a real relay and gateway, and keeps pictures of each state.
 *
 * `node walk/take.mjs [FOLDER] [PICTURES]`: French and English, phone and desk, light and dark, 400 % and forced colours,
 * with an index.html of all of them. Ends with status 1 when a step fails, when a check finds something (checks.mjs), when the
 * page reports an error or a breach of its own policy, at the first request to another origin, and when the browser keeps what
 * it should not. With PICTURES, those of the README are taken as well. PLI_PART=NAME stops after that part. PLI_QUICK=1: two
 * looks at each state and no pictures. PLI_POLICY=off: the browser ignores the policy, and axe-core, as a script, looks once.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as account from './account.mjs'
import { Browsers } from './browser.mjs'
import * as doors from './doors.mjs'
import { Eyes } from './eyes.mjs'
import { startRig } from './rig.mjs'
import * as rooms from './rooms.mjs'
import { stored } from './storage.mjs'
import { Walker } from './walker.mjs'

const [FOLDER = 'screens', PICTURES] = process.argv.slice(2)
const rig = await startRig()
const policy = process.env['PLI_POLICY'] !== 'off'
const eyes = new Eyes(FOLDER, { quick: process.env['PLI_QUICK'] === '1', policy })
const browsers = new Browsers(rig.origin, policy)
const who = new Walker(await browsers.open(), rig, eyes)

async function part(name, walk) {
  const before = Date.now()
  await walk()
  browsers.check()
  console.log(`${name}: ${((Date.now() - before) / 1000).toFixed(0)} s`)
  if (process.env['PLI_PART'] === name) throw new Error('stopped here, as asked')
}

async function storage(when, left) {
  for (const one of await stored(who.page, left, who.kit)) eyes.troubles.push(`storage ${when}: ${one}`)
}

/** Two pictures for the README. */
async function pictures() {
  if (PICTURES === undefined) return
  mkdirSync(PICTURES, { recursive: true })
  await who.link(/CR d'examens biologiques/).click()
  await who.heading(/CR d'examens biologiques/)
  for (const [name, width, height] of [['conversation', 1180, 760], ['phone', 390, 760]]) {
    await who.page.setViewportSize({ width, height })
    await who.page.waitForTimeout(200)
    await who.page.screenshot({ path: join(PICTURES, `${name}.png`) })
  }
  await who.page.setViewportSize({ width: 1280, height: 800 })
  await who.goTo('/messages')
}

async function leave() {
  await who.goTo('/compte')
  await storage('while open', false)
  await who.button('Se déconnecter').click()
  await who.field('Identifiant').or(who.link('Se connecter')).first().waitFor()
  await who.page.waitForTimeout(500)
  await storage('after log-out', true)
}

/** A letter that was changed at the relay, an exchange that was closed. */
async function spoilt() {
  const { page } = who
  await who.goTo('/messages')
  await rig.tell('close')
  await who.link(/Fin de notre échange/).waitFor({ timeout: 30_000 })
  await leave()
  await rig.tell('spoilt')
  await doors.login(who)
  await page.getByText('Message impossible à ouvrir').first().waitFor({ timeout: 30_000 })
  await who.see('unreadable')
  await page.locator('.row-closed').first().click()
  await who.see('unreadable-open')
  await who.link(/CR d'examens biologiques/).click()
  await page.getByText('a clos cet échange').first().waitFor()
  await who.see('closed-exchange', { full: true })
}

/** The network is away, then the relay itself. */
async function away() {
  const { page } = who
  await who.context.setOffline(true)
  await page.getByText('Pli ne répond pas pour l’instant').first().waitFor({ timeout: 60_000 })
  await who.see('offline')
  await who.context.setOffline(false)
  await page.getByText('Pli ne répond pas pour l’instant').first().waitFor({ state: 'detached', timeout: 60_000 })
  await rig.tell('stop')
  await page.reload()
  // What was kept is there to be read, under the sentence that says so.
  await page.getByText(/Pli ne répond pas/).first().waitFor({ timeout: 60_000 })
  await who.see('away')
  await rig.tell('again')
  await who.page.locator('nav a[href="/messages"]:visible').first().waitFor({ timeout: 60_000 })
}

async function second() {
  const added = await doors.pairing(who, await browsers.open())
  await added.page.waitForTimeout(500)
  for (const one of await stored(added.page, false, '')) eyes.troubles.push(`storage on the second device: ${one}`)
  await added.context.close()
  await who.visit('/compte/appareils')
  await who.see('devices-two', { full: true })
}

let failed
try {
  await part('doors', () => doors.welcome(who))
  await part('opposition', () => doors.opposition(who))
  await part('activation', () => doors.activation(who, rig.login))
  await part('messages', () => rooms.messages(who))
  await pictures()
  await part('conversation', () => rooms.conversation(who))
  await part('record', () => rooms.record(who))
  await part('list', () => rooms.list(who))
  await part('first letter', () => rooms.firstLetter(who))
  await part('agenda', () => rooms.agenda(who))
  await part('account', () => account.pages(who))
  await part('apps', () => account.apps(who))
  await part('consent', () => account.consent(who))
  await part('notices', () => account.refusals(who))
  await part('largest text', () => account.largest(who))
  await part('child', () => account.child(who))
  await part('spoilt', spoilt)
  await part('away', away)
  await part('other tab', () => doors.otherTab(who))
  await part('recovery', () => doors.recovery(who))
  await part('second device', second)
  await part('closing', () => account.close(who))
} catch (error) {
  failed = error
  if (!eyes.quick) await who.page.screenshot({ path: join(FOLDER, 'failed.png') }).catch(() => undefined)
  if (!eyes.quick) writeFileSync(join(FOLDER, 'failed.html'), await who.page.content().catch(() => ''))
}
eyes.sheet()
await who.context.close()
await rig.stop()
const troubles = new Set([...eyes.troubles, ...browsers.troubles])
const violations = eyes.troubles.filter(one => one.includes(': axe ')).length
console.log(`${policy ? 'Under the policy' : 'Without the policy, axe-core as a script of the page'}: ${eyes.states.length} states, ${violations} violations of axe-core`)
if (policy) console.log(`${browsers.breaches} breaches of the policy`)
console.log(`${browsers.asked} requests to ${rig.origin} alone, in ${Math.round(performance.now() / 1000)} s`)
for (const trouble of troubles) console.error(trouble)
if (failed !== undefined) console.error(failed)
process.exit(failed !== undefined || troubles.size > 0 ? 1 : 0)
