/** What the page says aloud to readers of screens: one sentence at a time. */
import { signal } from '@preact/signals'

export const announcement = signal('')

/** A sentence that is already there would not be said again: it is emptied first. */
export function announce(sentence: string): void {
  announcement.value = ''
  queueMicrotask(() => {
    announcement.value = sentence
  })
}
