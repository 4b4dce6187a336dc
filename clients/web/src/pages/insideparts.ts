/** What stands around an open mailbox: whose it is, and what is being sent. Fetched with the words of its pages when one opens. */
import { signal } from '@preact/signals'
import type { FunctionComponent } from 'preact'
import { learn } from '../words/words.ts'

type InsideParts = { readonly Switcher: FunctionComponent; readonly Outbox: FunctionComponent }

export const insideParts = signal<InsideParts | undefined>(undefined)

/** Rejects when they cannot be fetched. */
export async function fetchInside(): Promise<void> {
  const [{ Switcher }, { Outbox }] = await Promise.all([import('./switcher.tsx'), import('./outbox.tsx'), learn('inside')])
  insideParts.value = { Switcher, Outbox }
}
