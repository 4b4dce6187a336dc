/** Something that is asked of the relay when a page opens, and again when it changed. */
import { useCallback, useEffect, useState } from 'preact/hooks'

export type Loaded<T> = {
  /** Undefined until it came. */
  readonly value: T | undefined
  readonly error: { readonly cause: unknown } | undefined
  /** Never rejects. */
  readonly again: () => Promise<void>
}

/** `load` stays the same function from one drawing to the next. */
export function useLoaded<T>(load: () => Promise<T>): Loaded<T> {
  const [value, setValue] = useState<T>()
  const [error, setError] = useState<{ readonly cause: unknown }>()
  const again = useCallback(async () => {
    try {
      const loaded = await load()
      setValue(() => loaded)
      setError(undefined)
    } catch (cause) {
      setError({ cause })
    }
  }, [load])
  useEffect(() => void again(), [again])
  return { value, error, again }
}
