/** Which conversations the list shows. Pure. */
import type { Thread } from '../session/entries.ts'

/** `label`: one of the person's own. */
export type Filter = { readonly kind: 'all' | 'unread' | 'files' | 'archived' } | { readonly kind: 'label'; readonly name: string }

export interface Filed {
  readonly isArchived: (thread: Thread) => boolean
  readonly labelsOf: (thread: string) => readonly string[]
}

export function matches(thread: Thread, filter: Filter, filed: Filed): boolean {
  switch (filter.kind) {
    case 'all':
      return !filed.isArchived(thread)
    case 'unread':
      return thread.unread > 0
    case 'files':
      return thread.files
    case 'archived':
      return filed.isArchived(thread)
    case 'label':
      return filed.labelsOf(thread.id).includes(filter.name)
  }
}
