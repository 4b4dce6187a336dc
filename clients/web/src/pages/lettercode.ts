/** What the address of a QR code carries: a letter's code and name, or a new device's code. Pure. */

/** `two`: the code is the first of two; the other one came another way. */
export type Carried = { readonly login: string; readonly code: string; readonly two: boolean }

/** "#code=…&login=…", with "&codes=2" for a letter of two codes; or the code alone. Another fragment carries nothing. */
export function fromFragment(fragment: string): Carried {
  const text = fragment.replace(/^#/, '')
  if (isPairing(fragment)) return { login: '', code: '', two: false }
  if (!text.includes('=')) return { login: '', code: text, two: false }
  const values = new URLSearchParams(text)
  return { login: values.get('login') ?? '', code: values.get('code') ?? '', two: values.get('codes') === '2' }
}

/** The address of a new device's QR code: it is read by the device that has the keys. */
export const isPairing = (fragment: string): boolean => fragment.startsWith('#pair/')
