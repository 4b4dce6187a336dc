/** What a browser holds: nothing readable at any time, and after log-out neither key nor wrapped bytes. */
const REMEMBERED = /^pli (language|text size|name|name a.+|known|active|trust .+|box a.+|states a.+|catalogue.*|apps.*|policies .+)$/
const READABLE = /Martin|examens|vaccin|carnet|tilleul/i

/** `left`: after log-out. `kit`: the recovery code that was on the screen last. */
export async function stored(page, left, kit) {
  const found = []
  const holdsKit = text => kit !== '' && text.replace(/[^0-9A-Z]/g, '').includes(kit.replaceAll('-', ''))
  const held = await page.evaluate(async () => ({
    local: Object.entries(localStorage),
    session: Object.entries(sessionStorage),
    databases: (await indexedDB.databases()).map(({ name }) => name),
    cached: (await Promise.all((await caches.keys()).map(async name => (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)))).flat(),
  }))
  for (const [name, value] of [...held.local, ...held.session]) if (READABLE.test(value) || holdsKit(value)) found.push(`readable: ${name}`)
  for (const [name] of held.local) if (!REMEMBERED.test(name)) found.push(`unexpected: ${name}`)
  for (const path of held.cached) if (/^\/(jmap|auth|log)\b/.test(path)) found.push(`an answer of the relay is kept: ${path}`)
  const kept = [...held.session.map(([name]) => name), ...held.databases].sort().join(', ')
  if (kept !== (left ? '' : 'pli, pli kept, pli sealed')) found.push(`kept: ${kept || 'nothing'}`)
  if (left) return held.local.some(([name]) => name === 'pli known') ? [...found, 'still known'] : found
  const { exported, sealed } = await page.evaluate(async () => {
    const all = async (database, store) => {
      const opened = indexedDB.open(database)
      await new Promise(resolve => (opened.onsuccess = resolve))
      const got = opened.result.transaction(store).objectStore(store).getAll()
      await new Promise(resolve => (got.onsuccess = resolve))
      opened.result.close()
      return got.result
    }
    const keys = await all('pli', 'keys')
    const exports = await Promise.all(keys.map(key => crypto.subtle.exportKey('raw', key).then(() => true, () => false)))
    const bytes = await all('pli sealed', 'sealed')
    return { exported: exports.some(Boolean), sealed: bytes.map(one => new TextDecoder('latin1').decode(one)).join('\n') }
  })
  if (exported) found.push('the wrapping key can be exported')
  if (READABLE.test(sealed)) found.push('readable: sealed letters')
  return found
}
