/** Every way in, and the way of those who want no account. */
import { PASSWORD, Walker } from './walker.mjs'

export async function welcome(who) {
  const { page, rig } = who
  await page.goto(rig.origin)
  await who.link('Se connecter').waitFor()
  await who.see('welcome')
  for (const [path, name] of [['/comprendre', 'about'], ['/aide', 'help'], ['/accessibilite', 'accessibility'], ['/nulle-part', 'not-found']]) {
    await who.visit(path)
    await who.see(name, { full: true })
  }
  await who.visit('/aide')
  for (const one of await page.locator('summary').all()) await one.click()
  await who.see('help-open', { full: true })
}

/** The account is refused, with a receipt. */
export async function opposition(who) {
  const { page, rig } = who
  await who.visit('/refus')
  await who.see('oppose', { full: true })
  await who.field('Identifiant').fill('jean.refuse')
  await who.field('Code de la lettre').fill(rig.codes['jean.refuse'])
  await who.button('Continuer').click()
  await page.getByText('Ce qui va se passer si vous refusez').waitFor()
  await who.see('oppose-meaning', { full: true })
  await who.button('Refuser ce compte').click()
  await who.see('oppose-sure', { at: page.locator('.sure') })
  await who.button('Oui, je refuse ce compte').click()
  await who.heading('Votre refus est enregistré')
  await who.see('oppose-receipt', { full: true })
  await who.eyes.paper(page, 'oppose-receipt-paper')
}

/** From the address of the letter's QR code to the first page inside. */
export async function activation(who, login) {
  const { page, rig } = who
  await page.goto(`${rig.origin}/#code=${rig.codes[login]}&login=${login}`)
  await who.heading('Le code de votre lettre')
  await who.see('letter-code')
  await who.field('Code de la lettre').fill('123-ABC')
  await who.button('Continuer').click()
  await page.locator('.wrong').first().waitFor()
  await who.see('letter-code-wrong')
  await page.getByLabel(/second code/).check()
  await who.see('letter-code-two', { full: true })
  await page.getByLabel(/annonce un second code/).uncheck()
  await who.field('Code de la lettre').fill(rig.codes[login])
  await who.button('Continuer').click()
  await who.heading('Votre lettre est reconnue')
  await openAccount(who, true)
  await who.button('Ouvrir mon compte').click()
  await who.heading('Messages')
}

/** From a code that fits to the digits of the second lock: the same way for a letter and for a recovery sheet. */
async function openAccount(who, isLooking) {
  const { page, eyes } = who
  const see = async (name, how) => {
    if (isLooking) await who.see(name, how)
  }
  await see('begun')
  await who.button('Commencer').click()
  await who.heading('Choisissez un mot de passe')
  await who.field('Nouveau mot de passe').fill('court')
  await who.button('Continuer').click()
  await see('password', { full: true })
  await who.field('Nouveau mot de passe').fill(PASSWORD)
  await who.field('Le même mot de passe').fill(PASSWORD)
  await see('password-strong', { full: true })
  await who.button('Continuer').click()
  await page.locator('.kit').waitFor()
  await see('sheet', { full: true })
  if (isLooking) await eyes.paper(page, 'sheet-paper')
  who.kit = await who.shownCode()
  await who.button('Je l’ai imprimée ou recopiée').click()
  await who.heading('Vérifions votre feuille')
  await who.button('Continuer').click()
  await see('sheet-groups', { full: true })
  await retype(who)
  await who.button('Continuer').click()
  await who.heading('Une seconde serrure')
  await see('second-lock', { full: true })
  who.secret = (await page.locator('.kept').textContent()).replace(/\s/g, '')
  await who.field('Code à 6 chiffres').fill(await who.freshCode())
}

/** The two groups that the page asks for. */
async function retype(who) {
  const groups = who.kit.split('-')
  for (const label of await who.page.locator('label').allTextContents()) {
    const number = Number(/Groupe\s(\d)/.exec(label)?.[1] ?? 0)
    if (number > 0) await who.page.getByLabel(new RegExp(`^Groupe.${number}`)).fill(groups[number - 1].toLowerCase())
  }
}

export async function login(who) {
  const { page, rig } = who
  await page.goto(`${rig.origin}/connexion`)
  await who.field('Identifiant').fill(rig.login)
  await page.getByLabel('Mot de passe', { exact: true }).fill('ce n’est pas cela')
  await who.see('login')
  await who.button('Se connecter').click()
  await page.getByRole('alert').waitFor({ timeout: 30_000 })
  await who.see('login-wrong')
  await page.getByLabel('Mot de passe', { exact: true }).fill(PASSWORD)
  await who.button('Se connecter').click()
  await who.field('Code à 6 chiffres').waitFor({ timeout: 30_000 })
  await who.field('Code à 6 chiffres').fill('000000')
  await who.button('Continuer').click()
  await page.getByRole('alert').waitFor({ timeout: 30_000 })
  await who.see('code-wrong')
  await who.field('Code à 6 chiffres').fill(await who.freshCode())
  await page.getByLabel(/Ne plus demander de code/).check()
  await who.button('Continuer').click()
  await who.heading('Messages')
}

/** Another tab has no keys of its own. Leaving there closes this one: a session that ended. */
export async function otherTab(who) {
  const first = who.page
  who.page = await who.context.newPage()
  await who.page.goto(`${who.rig.origin}/messages`)
  await who.heading('Rouvrir vos messages')
  await who.see('unlock')
  await who.button('Se déconnecter').click()
  await who.field('Identifiant').waitFor()
  await who.page.close()
  who.page = first
  await who.page.evaluate(() => window.dispatchEvent(new Event('online')))
  await who.page.getByText('Votre connexion a pris fin').first().waitFor({ timeout: 60_000 })
  await who.see('ended')
}

export async function recovery(who) {
  const { page, rig } = who
  await page.goto(`${rig.origin}/secours`)
  await who.heading('Revenir avec la feuille de secours')
  await who.field('Identifiant').fill('quelqu.un')
  await who.field('Code de secours').fill(who.kit)
  await who.button('Continuer').click()
  await page.getByRole('alert').waitFor({ timeout: 30_000 })
  await who.see('recovery-wrong', { full: true })
  await who.field('Identifiant').fill(rig.login)
  await who.button('Continuer').click()
  await who.heading('Votre feuille est reconnue')
  await who.see('recovery-begun', { full: true })
  await openAccount(who, false)
  await who.button('Rouvrir mon compte').click()
  await who.heading('Messages')
  await who.see('messages-after-recovery')
}

/** A second device, opened by this one. */
export async function pairing(who, context) {
  const [old, added] = [who, new Walker(context, who.rig, who.eyes)]
  await added.page.goto(`${who.rig.origin}/connexion`)
  await added.link('Pli est ouvert sur un autre de mes appareils').click()
  await added.heading('Ouvrir Pli avec un autre appareil')
  await added.see('pair-new')
  await added.button('Afficher le code').click()
  await added.page.locator('.qr').waitFor()
  await added.see('pair-new-code', { full: true })
  await old.page.goto(`${who.rig.origin}/#pair/${(await added.shownCode()).replaceAll('-', '')}`)
  await old.button('Continuer').click()
  await added.heading('Comparez les six chiffres')
  await added.see('pair-new-digits', { brief: true })
  await old.see('pair-old-digits', { brief: true })
  await added.button('Oui, les mêmes chiffres').click()
  await old.button(/^Oui, les mêmes/).click()
  await added.heading('Messages')
  await old.heading('L’appareil est ajouté')
  await old.see('pair-old-done')
  return added
}
