/** A letter's code as people type it, and as the address of its QR code carries it. Pure. */

/** Groups of three, as on the letter: what is typed, in capitals, without what is neither letter nor digit. */
export const inGroups = (typed: string): string =>
  typed
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .slice(0, 27)
    .replace(/...(?!$)/g, '$&-')

export type Carried = { readonly login: string; readonly code: string }

/** "#code=…&login=…", or the code alone. */
export function fromFragment(fragment: string): Carried {
  const text = fragment.replace(/^#/, '')
  if (!text.includes('=')) return { login: '', code: decodeURIComponent(text) }
  const values = new URLSearchParams(text)
  return { login: values.get('login') ?? '', code: values.get('code') ?? '' }
}
