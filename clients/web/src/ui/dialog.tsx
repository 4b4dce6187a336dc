/** Must: hold the focus while it is open and give it back; have a name; close with Escape and by a button in words (WCAG 2.2, 2.1.2, 2.4.3). */
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

type DialogProps = { readonly title: string; readonly onClose: () => void; readonly children: ComponentChildren }

export function Dialog({ title, onClose, children }: DialogProps): JSX.Element {
  const box = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const { current } = box
    current?.showModal()
    return () => current?.close()
  }, [])
  return (
    <dialog
      ref={box}
      class="dialog"
      aria-labelledby={id}
      onCancel={event => {
        event.preventDefault() // whoever shows the dialog takes it away
        onClose()
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  )
}
