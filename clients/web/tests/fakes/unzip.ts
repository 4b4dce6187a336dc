/** Reads a ZIP by its central directory; stored entries alone (APPNOTE.TXT, 4.3). */
export function unzip(archive: ArrayBuffer): ReadonlyMap<string, Buffer> {
  const raw = Buffer.from(archive)
  const end = raw.lastIndexOf(Buffer.from('PK\u0005\u0006'))
  const [count, start] = [raw.readUInt16LE(end + 10), raw.readUInt32LE(end + 16)]
  const found = new Map<string, Buffer>()
  for (let [entry, at] = [0, start]; entry < count; entry++) {
    const [size, length, local] = [raw.readUInt32LE(at + 24), raw.readUInt16LE(at + 28), raw.readUInt32LE(at + 42)]
    const body = local + 30 + raw.readUInt16LE(local + 26) + raw.readUInt16LE(local + 28)
    found.set(raw.toString('utf8', at + 46, at + 46 + length), raw.subarray(body, body + size))
    at += 46 + length + raw.readUInt16LE(at + 30) + raw.readUInt16LE(at + 32)
  }
  return found
}
