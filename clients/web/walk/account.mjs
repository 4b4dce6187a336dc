/** Each page of the account as it opens, and what is done there. */
const PAGES = {
  nom: 'name',
  lecture: 'reading',
  avis: 'notices',
  appareils: 'devices',
  'nouvel-appareil': 'pair',
  'mot-de-passe': 'password',
  'cles-d-acces': 'passkeys',
  'feuille-de-secours': 'kit',
  'application-de-codes': 'authenticator',
  proches: 'carers',
  'proches/lettre': 'child',
  'proches/ajouter': 'carer-add',
  applications: 'apps',
  journal: 'journal',
  doute: 'suspicion',
  annuaire: 'watchers',
  fermer: 'close',
}

export async function pages(who) {
  await who.goTo('/compte')
  await who.see('account', { full: true })
  const seen = new Set(Object.keys(PAGES).map(path => `/compte/${path}`))
  const hrefs = await who.page.locator('main a.rows-row').evaluateAll(all => all.map(one => one.getAttribute('href')))
  for (const href of hrefs.filter(one => one.startsWith('/compte/') && !seen.has(one))) PAGES[href.slice('/compte/'.length)] = href.split('/').at(-1)
  for (const [path, name] of Object.entries(PAGES)) {
    await who.visit(`/compte/${path}`)
    await who.see(`account-${name}`, { full: true })
  }
}

export async function largest(who) {
  const { page } = who
  await who.visit('/compte/lecture')
  await page.getByLabel('Très grande').check()
  await who.visit('/messages')
  await who.see('largest-messages')
  await who.visit('/compte')
  await who.see('largest-account', { full: true })
  await who.visit('/compte/lecture')
  await page.getByLabel('Normale').check()
}

export async function apps(who) {
  const { page } = who
  await who.visit('/compte/applications')
  await who.button('Autoriser Carnet de glycémie').click()
  await who.see('apps-allow', { full: true })
  await who.button('Autoriser maintenant').click()
  const dialog = page.getByRole('dialog')
  if (await dialog.waitFor({ timeout: 4000 }).then(() => true, () => false)) {
    await dialog.getByRole('button', { name: 'Continuer' }).click()
    await dialog.locator('.wrong').first().waitFor()
    await who.see('confirm')
    await who.confirmPassword()
  }
  await who.button(/Reprendre l’autorisation/).waitFor()
  await who.see('apps-given', { full: true })
  await who.button(/Reprendre l’autorisation/).click()
  await who.see('apps-take-back', { at: page.locator('.sure-asking') })
  await who.button('Oui, la reprendre').click()
  await page.getByText('Terminé').first().waitFor()
  await who.see('apps-over', { full: true })
}

export async function consent(who) {
  const { rig } = who
  const asked = new URLSearchParams({
    client_id: rig.app, redirect_uri: 'http://localhost:8441/retour', scope: 'record.read', response_type: 'code',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256', state: 'x',
  })
  await who.visit(`/consent?${asked}`)
  await who.see('consent', { full: true })
  await who.visit('/consent?client_id=nobody')
  await who.see('consent-wrong')
}

/** A child's letter: the box of somebody else, and the switcher above everything. */
export async function child(who) {
  const { page, rig } = who
  await rig.tell('second lou.durand')
  await who.visit('/compte/proches/lettre')
  await page.getByLabel(/Prénom/).fill('Lou')
  await who.field('Identifiant').fill('lou.durand')
  await who.field('Code de la lettre').fill(rig.codes['lou.durand'])
  await who.see('child-letter', { full: true })
  await who.button('Continuer').click()
  await page.waitForTimeout(2500)
  await who.see('child-next', { full: true })
}

export async function refusals(who) {
  const { page } = who
  await who.visit('/compte/avis')
  await page.getByLabel('Adresse de courriel').fill('camille')
  await who.button('Recevoir un code à cette adresse').click()
  await page.locator('.wrong').first().waitFor()
  await who.see('notices-wrong', { full: true })
  await page.getByLabel('Adresse de courriel').fill('camille@exemple.fr')
  await who.button('Recevoir un code à cette adresse').click()
  await page.waitForTimeout(1500)
  await who.see('notices-after', { full: true })
}

export async function close(who) {
  const { page } = who
  await who.visit('/compte/fermer')
  await who.button('Fermer le compte').click()
  await who.see('close-sure', { at: page.locator('.sure-asking') })
  await who.button('Oui, fermer le compte').click()
  const dialog = page.getByRole('dialog')
  const left = page.getByRole('heading', { name: 'Le compte est fermé' })
  await dialog.or(left).first().waitFor({ timeout: 30_000 })
  if (await dialog.isVisible()) await who.confirmPassword()
  await left.waitFor({ timeout: 30_000 })
  await who.see('closed', { full: true })
}
