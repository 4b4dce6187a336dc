/** While one mailbox closes and another opens, no page of either is shown; why it did not open is said above the pages. */
import { signal } from '@preact/signals'

export const switching = signal(false)
export const notSwitched = signal<{ readonly cause: unknown } | undefined>(undefined)

/** True when the other mailbox is open. Never rejects. */
export async function switched(work: () => Promise<void>): Promise<boolean> {
  switching.value = true
  notSwitched.value = undefined
  try {
    await work()
    return true
  } catch (cause) {
    notSwitched.value = { cause }
    return false
  } finally {
    switching.value = false
  }
}
