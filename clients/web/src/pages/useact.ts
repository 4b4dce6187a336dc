/** One act at a time: whether it is under way, and what it failed with. */
import { useCallback, useState } from 'preact/hooks'

export type Act = {
  readonly act: (work: () => Promise<void>) => void
  readonly busy: boolean
  /** A new object for each failure, so that the same one twice is announced twice. */
  readonly error: { readonly cause: unknown } | undefined
}

export function useAct(): Act {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<{ readonly cause: unknown }>()
  const act = useCallback((work: () => Promise<void>): void => {
    setBusy(true)
    setError(undefined)
    work()
      .catch((cause: unknown) => setError({ cause }))
      .finally(() => setBusy(false))
  }, [])
  return { act, busy, error }
}
