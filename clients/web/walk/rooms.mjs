/** Messages, record, agenda: each state that a person may have before them. */
import { SIZES } from './eyes.mjs'

export async function messages(who) {
  const { page, rig } = who
  await page.getByText('Aucun message pour le moment').waitFor()
  await who.see('messages-empty')
  await who.visit('/messages/ecrire')
  await who.see('compose-nobody')
  await who.goTo('/messages')
  await page.waitForTimeout(1000)
  // Letters arrive by themselves.
  await rig.tell('first')
  await who.link(/CR d'examens biologiques/).waitFor({ timeout: 30_000 })
  await rig.tell('second')
  await who.link(/rappel de vaccin/).waitFor({ timeout: 30_000 })
  await who.see('messages')
}

export async function conversation(who) {
  const { page, rig } = who
  await who.link(/CR d'examens biologiques/).click()
  await who.heading(/CR d'examens biologiques/)
  await who.see('conversation', { full: true })
  await who.button(/^Ouvrir .*\.pdf/).click()
  await page.locator('.pdf-page canvas').first().waitFor()
  await page.waitForTimeout(800)
  await who.see('pdf', { at: page.locator('.file').filter({ has: page.locator('.pdf-page') }), block: 'start' })
  await who.button(/^Fermer .*\.pdf/).click()
  await who.button("Ouvrir Compte rendu d'examens biologiques").click()
  await page.locator('.cda').waitFor()
  await who.see('cda', { at: page.locator('.cda'), block: 'start' })
  await who.button("Fermer Compte rendu d'examens biologiques").click()

  await who.button('Étiquettes').click()
  await page.getByLabel('Nouvelle étiquette').fill('Analyses')
  await page.locator('.labels-new').getByRole('button', { name: 'Ajouter' }).click()
  await who.see('labels', { at: page.locator('.thread-tools') })
  await who.button('Étiquettes').click()
  // On a phone the rest of the tools is a press away.
  await page.setViewportSize({ width: SIZES.phone[0], height: SIZES.phone[1] })
  await who.button(/^Plus, pour/).click()
  await who.see('more', { at: page.locator('.thread-tools') })
  await page.setViewportSize({ width: SIZES.desk[0], height: SIZES.desk[1] })

  await who.button('Accepter').click()
  await page.getByText('Vous avez accepté ce rendez-vous').first().waitFor()
  await page.getByText('Message envoyé.').waitFor({ timeout: 30_000 }).catch(() => undefined)
  await who.see('accepted', { at: page.getByRole('region', { name: /^Rendez-vous|^Appointment/ }).last(), block: 'start' })
  await answer(who)
  console.log(JSON.stringify(await rig.tell('answer')))
}

async function answer(who) {
  const { page } = who
  const section = page.locator('section.answer')
  await section.scrollIntoViewIfNeeded()
  await who.button('Envoyer').click()
  await page.locator('.answer .wrong').first().waitFor()
  await who.see('answer-missing', { at: section, block: 'start' })
  if (await page.locator('input[autocomplete=name]').count()) await page.locator('input[autocomplete=name]').fill('Camille Durand')
  await page.getByLabel('Votre réponse').fill('Bonjour docteur,\n\nMerci pour ces résultats. Je serai là mardi.\nVoici mon carnet de tension.\n\nCamille')
  // A file on its way: the relay takes no more until it was looked at.
  let release
  const held = new Promise(resolve => (release = resolve))
  await page.route('**/jmap/upload/**', async route => {
    await held
    await route.continue()
  })
  const file = { name: 'carnet de tension.txt', mimeType: 'text/plain', buffer: Buffer.from('12/8 lundi\n13/8 mardi\n') }
  await page.getByLabel('Ajouter un fichier').setInputFiles(file)
  await page.getByText('Un fichier se prépare…').waitFor()
  await who.see('uploading', { at: section, block: 'start' })
  release()
  await page.getByText('prêt').waitFor()
  await page.unroute('**/jmap/upload/**')
  await who.see('answer', { at: section, block: 'start' })
  await who.button('Envoyer').click()
  await who.button('Annuler l’envoi').waitFor()
  await who.see('undo', { brief: true })
  if (await who.button('Annuler l’envoi').isVisible()) {
    await who.button('Annuler l’envoi').click()
    await who.button('Envoyer').click()
  }
  await page.locator('.letter-own').getByText('Voici mon carnet de tension').waitFor({ timeout: 40_000 })
  await who.see('sent', { at: page.locator('.letter-own').last() })
}

export async function list(who) {
  const { page, rig } = who
  await rig.tell('repeated')
  await rig.tell('many')
  await rig.tell('long')
  await who.goTo('/messages')
  await who.link(/Vos douze documents/).waitFor({ timeout: 60_000 })
  await page.waitForTimeout(1000)
  await who.see('many')
  await who.button('Avec documents').click()
  await who.see('filter-files')
  await who.button('Rangés').click()
  await who.see('filter-none')
  await who.button('Tous').click()
  const search = page.getByRole('searchbox').or(page.getByLabel('Chercher dans vos messages')).first()
  await search.fill('glycemie')
  await page.getByText('1 échange trouvé').waitFor()
  await who.see('search-found')
  await search.fill('xylophone')
  await page.getByText('Rien trouvé').waitFor()
  await who.see('search-nothing')
  await search.fill('')
  await who.link(/Hexakosi/).click()
  await who.heading(/Hexakosi/)
  await who.see('long-word')
  await who.link(/Vos douze documents/).click()
  await who.heading('Vos douze documents')
  await who.see('many-parts', { full: true })
}

export async function firstLetter(who) {
  const { page } = who
  await who.goTo('/messages')
  await who.link('Écrire').click()
  await who.heading('Nouveau message')
  await who.see('compose', { full: true })
  await page.getByLabel('À qui écrivez-vous').fill('zzz')
  await who.see('compose-no-one')
  await page.getByLabel('À qui écrivez-vous').fill('mart')
  await page.getByRole('option').first().click()
  await page.getByLabel('Objet').fill('Une question')
  await page.getByLabel('Votre message').fill('Bonjour docteur, une question…')
  await page.getByText('Brouillon gardé').waitFor()
  await who.see('compose-filled', { full: true })
  await who.goTo('/messages')
  await page.locator('.list-drafts').waitFor()
  await who.see('drafts')
}

export async function record(who) {
  const { page, rig } = who
  await who.goTo('/dossier')
  await who.link(/Compte rendu d'examens biologiques/).waitFor()
  await who.see('record-one')
  await who.visit('/dossier/ajouter')
  await who.button('Ajouter au dossier').click()
  await page.locator('.wrong').first().waitFor()
  await who.see('record-add-missing', { full: true })
  await page.locator('input[type=file]').first().setInputFiles({ name: 'ordonnance.txt', mimeType: 'text/plain', buffer: Buffer.from('Doliprane, trois fois par jour.\n') })
  await page.getByText('prêt').waitFor()
  await page.getByLabel('Titre').fill('Ordonnance du docteur Martin')
  await who.see('record-add', { full: true })
  await who.button('Ajouter au dossier').click()
  await who.heading('Dossier')
  await who.link(/Ordonnance du docteur Martin/).waitFor()
  await rig.tell('replaced')
  await page.getByText('Remplacé par une version plus récente').first().waitFor({ timeout: 30_000 })
  await page.getByLabel('Par auteur').check()
  await who.see('record', { full: true })
  await who.link(/Compte rendu d'examens biologiques.*Remplacé|Remplacé/).click()
  await page.getByText('Autres versions').waitFor()
  await who.see('document', { full: true })
  await who.button('Envoyer à un soignant').click()
  await who.see('share', { full: true })
  await page.locator('form').getByRole('button', { name: 'Envoyer', exact: true }).click()
  await page.locator('form').getByRole('button', { name: 'Envoyer', exact: true }).waitFor({ state: 'detached', timeout: 30_000 })
  await who.button('Masquer').click()
  await who.button('Ne plus masquer').waitFor()
  await who.see('document-hidden', { full: true })
  await who.goTo('/dossier')
  await who.button(/Montrer les documents masqués/).click()
  await who.see('record-hidden', { full: true })
  await who.link(/Ordonnance du docteur Martin/).click()
  await who.button('Effacer ce document').click()
  await who.see('document-remove', { at: page.locator('.sure-asking') })
  await who.button('Non, le garder').click()
}

export async function agenda(who) {
  const { page, rig } = who
  await who.goTo('/agenda')
  await page.getByText('Kinésithérapie').first().waitFor()
  await who.see('agenda', { full: true })
  await rig.tell('moved')
  await page.getByText(/^Déplacé/).first().waitFor({ timeout: 30_000 })
  await who.button('Proposer un autre moment').click()
  await page.getByText('Quand pourriez-vous venir').waitFor()
  await who.see('agenda-propose', { at: page.getByText('Quand pourriez-vous venir ?').or(page.getByText(/When could you/)), block: 'center' })
  await who.visit('/agenda/noter')
  await who.button('Enregistrer').click()
  await page.locator('.wrong').first().waitFor()
  await who.see('note-missing', { full: true })
  await page.getByLabel('Quoi').fill('Dentiste')
  const soon = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10)
  await page.locator('input[type=date]').first().fill(soon)
  await who.see('note', { full: true })
  await who.button('Enregistrer').click()
  await who.heading('Agenda')
  await page.getByText('Noté par vous').first().waitFor()
  await who.see('agenda-noted', { full: true })
}
