/**
 * Must: say before sending which fields are needed (needs.tsx); on sending, put the focus on the first field that is wrong, so
 * that its error is read (WCAG 2.2, 3.3.1, 2.4.3).
 */
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { FormNeeds, Needs } from './needs.tsx'

type FormProps = { readonly onSubmit: () => void; readonly class?: string; readonly children: ComponentChildren }

export function Form({ onSubmit, class: look, children }: FormProps): JSX.Element {
  const needs = useMemo(() => new Needs(), [])
  const form = useRef<HTMLFormElement>(null)
  const [attempts, setAttempts] = useState(0)
  // After the page has drawn what `onSubmit` found.
  useEffect(() => {
    if (attempts > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [attempts])
  const submit = (event: Event): void => {
    event.preventDefault()
    onSubmit()
    setAttempts(count => count + 1)
  }
  return (
    <form ref={form} class={look} onSubmit={submit} noValidate autocomplete="off">
      <FormNeeds.Provider value={needs}>{children}</FormNeeds.Provider>
    </form>
  )
}
