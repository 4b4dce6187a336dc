/** Which log-in name belongs to which account in this browser: no secret, but it is asked for less often. */
import type { Memory } from './ports.ts'

const LAST = 'name'

export const lastName = (lasting: Memory): string => lasting.get(LAST) ?? ''

/** The name of this account; empty when this browser never heard it. */
export const nameOf = (lasting: Memory, account: string): string => lasting.get(`name ${account}`) ?? ''

/** The one who logged in last, here. */
export function keepName(lasting: Memory, account: string, name: string): void {
  if (name === '') return
  lasting.set(LAST, name)
  learnName(lasting, account, name)
}

/** Nobody who sits here next reads it. */
export function forgetName(lasting: Memory, account: string): void {
  if (lastName(lasting) === nameOf(lasting, account)) lasting.remove(LAST)
  lasting.remove(`name ${account}`)
}

export const learnName = (lasting: Memory, account: string, name: string): void => lasting.set(`name ${account}`, name)
