/** Character maps, fonts and decoders that a PDF may need, from the own origin only, under their built names. */

const FONTS = import.meta.glob<string>('/node_modules/pdfjs-dist/standard_fonts/*.{pfb,ttf}', {
  query: '?url',
  import: 'default',
  eager: true,
})
const MAPS = import.meta.glob<string>('/node_modules/pdfjs-dist/cmaps/*.bcmap', {
  query: '?url',
  import: 'default',
  eager: true,
})
const WASM = import.meta.glob<string>('/node_modules/pdfjs-dist/wasm/*.wasm', {
  query: '?url',
  import: 'default',
  eager: true,
})

const named = (files: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(files).map(([path, url]) => [path.slice(path.lastIndexOf('/') + 1), url]))

const ADDRESSES: Readonly<Record<string, ReadonlyMap<string, string>>> = {
  cMapUrl: named(MAPS),
  standardFontDataUrl: named(FONTS),
  wasmUrl: named(WASM),
}

type Wanted = { readonly kind: string; readonly filename: string }

/** What pdf.js calls a BinaryDataFactory. */
export class PdfData {
  async fetch({ kind, filename }: Wanted): Promise<Uint8Array> {
    const files = ADDRESSES[kind]
    const address = files?.get(filename) ?? files?.get(`${filename}.bcmap`)
    if (address === undefined) throw new Error('pdf.js asked for a file that is not part of it')
    const response = await fetch(address)
    if (!response.ok) throw new Error('a file of pdf.js is missing')
    return new Uint8Array(await response.arrayBuffer())
  }
}
