/**
 * What was done while the mailbox began anew, under other keys: its pages went away meanwhile, and the one that did it is
 * drawn again. So the outcome waits here, by address, until the person leaves that page.
 */
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useLocation } from 'preact-iso'

const finished = signal<{ readonly path: string; readonly about: string } | undefined>(undefined)

export type Finished = {
  /** What {@link finish} was told on this page; undefined before. */
  readonly about: string | undefined
  readonly finish: (about: string) => void
}

export function useFinished(): Finished {
  const { path } = useLocation()
  useEffect(
    () => () => {
      if (finished.value?.path === path) finished.value = undefined
    },
    [path],
  )
  const about = finished.value?.path === path ? finished.value.about : undefined
  return {
    about,
    finish: said => {
      finished.value = { path, about: said }
    },
  }
}
