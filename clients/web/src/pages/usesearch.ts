/** The conversations in which what is typed was found. */
import { useEffect, useState } from 'preact/hooks'
import { useApp } from './context.ts'

/** Thread ids; undefined while nothing is looked for. An answer that a newer question overtook is not shown. */
export function useSearch(query: string): ReadonlySet<string> | undefined {
  const { session } = useApp()
  const threads = session.threads.value
  const [found, setFound] = useState<ReadonlySet<string>>()
  const wanted = /[\p{L}\p{N}]/u.test(query) ? query : ''
  useEffect(() => {
    let late = false
    if (wanted === '') setFound(undefined)
    else {
      const letters = threads.flatMap(thread => thread.letters)
      void session.search.find(wanted, letters).then(ids => {
        if (!late) setFound(new Set(letters.flatMap(({ id, letter }) => (ids.has(id) ? [letter.thread] : []))))
      })
    }
    return () => {
      late = true
    }
  }, [session, threads, wanted])
  return wanted === '' ? undefined : found
}
