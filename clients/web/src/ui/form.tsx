/** Must: on sending, put the focus on the first field that is wrong, so that its error is read (WCAG 2.2, 3.3.1, 2.4.3). */
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

type FormProps = { readonly onSubmit: () => void; readonly children: ComponentChildren }

export function Form({ onSubmit, children }: FormProps): JSX.Element {
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
    <form ref={form} onSubmit={submit} noValidate autocomplete="off">
      {children}
    </form>
  )
}
