/**
 * What was done while the mailbox began anew, under other keys: its pages went away meanwhile, and the one that did it is
 * drawn again. So the outcome waits here, by address and person, until another address is shown.
 */
import { signal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { useApp } from '../context.ts'

const finished = signal<{ readonly path: string; readonly whose: string; readonly about: string } | undefined>(undefined)

export type Finished = {
  /** What {@link finish} was told on this page; undefined before. */
  readonly about: string | undefined
  readonly finish: (about: string) => void
}

export function useFinished(): Finished {
  const { session } = useApp()
  const { path } = useLocation()
  const { ownAccount: whose } = session
  const there = finished.value
  return {
    about: there?.path === path && there.whose === whose ? there.about : undefined,
    finish: about => {
      finished.value = { path, whose, about }
    },
  }
}

/** Another address is shown: whoever comes back begins anew. */
export function forgetFinished(path: string): void {
  if (finished.value !== undefined && finished.value.path !== path) finished.value = undefined
}
