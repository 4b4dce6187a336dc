/** Bytes under an address of this page, and files handed to the person. */
import type { Shown } from '../pages/context.ts'

const RELEASE = 60_000 // milliseconds: long enough for the slowest download to have begun

const blobOf = (bytes: Uint8Array, type: string): Blob => new Blob([bytes as Uint8Array<ArrayBuffer>], { type })

export function show(bytes: Uint8Array, type: string): Shown {
  const url = URL.createObjectURL(blobOf(bytes, type))
  return { url, release: () => URL.revokeObjectURL(url) }
}

/** Always as plain bytes: nothing that came from a stranger is opened as a page of this origin. */
export function save(bytes: Uint8Array | Blob, name: string, _type: string): void {
  const plain = 'application/octet-stream'
  const url = URL.createObjectURL(bytes instanceof Blob ? bytes.slice(0, bytes.size, plain) : blobOf(bytes, plain))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), RELEASE)
}
