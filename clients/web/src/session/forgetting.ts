/** What goes from this browser when a log-in ends by itself. Apart from here.ts, which only an open mailbox needs. */
import type { Store } from './ports.ts'

/** Everything goes from this browser but what was typed, of every account: drafts, and files that are not at the relay. */
export async function forgetRead(store: Store): Promise<void> {
  const names = await store.names('')
  await store.remove(names.filter(name => !/^\S+ (drafts|chunk)\b/.test(name)))
}
