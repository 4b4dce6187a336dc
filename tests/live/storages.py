"""Everything that a browser keeps for a page, read out of the page itself, and wiped words looked for on its disk."""

from typing import Any

from playwright.sync_api import Page

_DUMP = """async () => {
  const found = { local: { ...localStorage }, session: { ...sessionStorage }, databases: {}, caches: [] }
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise((resolve, reject) => {
      const opening = indexedDB.open(name)
      opening.onsuccess = () => resolve(opening.result)
      opening.onerror = () => reject(opening.error)
    })
    for (const store of database.objectStoreNames) {
      const rows = database.transaction(store).objectStore(store)
      const ask = request => new Promise(resolve => { request.onsuccess = () => resolve(request.result) })
      const [keys, values] = await Promise.all([ask(rows.getAllKeys()), ask(rows.getAll())])
      const latin1 = new TextDecoder('latin1')
      const bytes = async value => value instanceof Blob ? new Uint8Array(await value.arrayBuffer()) : value
      const text = value => value instanceof Uint8Array ? latin1.decode(value) : JSON.stringify(value)
      const read = await Promise.all(values.map(bytes))
      found.databases[name] = keys.map((key, at) => [String(key), text(read[at]) ?? ''])
    }
    database.close()
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name)
    for (const request of await cache.keys()) {
      found.caches.push([request.url, await (await cache.match(request)).text()])
    }
  }
  return found
}"""


def dump(seen: Page) -> dict[str, Any]:
    """localStorage, sessionStorage, every IndexedDB row as [name, bytes as Latin-1], every cached answer."""
    return dict(seen.evaluate(_DUMP))


def kept_names(seen: Page) -> list[str]:
    """Of the rows of the sealed store, without the account."""
    rows = dump(seen)["databases"].get("pli sealed", [])
    return sorted(str(name).split(" ", 1)[1] for name, _ in rows)
