/** A box for many lines. Its caret stays where the person put it when the text changes by itself. */
import type { JSX, RefObject } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { described, Labelled, type Common } from './field.tsx'
import { required } from './needs.tsx'

type TextAreaProps = Common & { readonly onPaste?: (event: ClipboardEvent) => void; readonly rows?: number }

export function TextArea({ label, must, value, onValue, hint, wrong, onPaste, rows = 6 }: TextAreaProps): JSX.Element {
  const id = useId()
  const { box, note } = useCaret(value)
  return (
    <Labelled {...{ id, label, must, hint, wrong }}>
      <textarea
        id={id}
        ref={box}
        class="input"
        dir="auto"
        autocomplete="off" // else the browser writes what is typed to its disk, to restore the tab
        rows={rows}
        value={value}
        onInput={event => {
          note()
          onValue(event.currentTarget.value)
        }}
        onKeyUp={note}
        onPointerUp={note}
        onPaste={onPaste}
        aria-required={required(must)}
        aria-invalid={wrong === undefined ? undefined : 'true'}
        aria-describedby={described(id, hint, wrong)}
      />
    </Labelled>
  )
}

/** The caret stays where the person put it when the text changes by itself: what another page wrote comes into it. */
function useCaret(value: string): { readonly box: RefObject<HTMLTextAreaElement | null>; readonly note: () => void } {
  const box = useRef<HTMLTextAreaElement>(null)
  const seen = useRef({ value, start: 0, end: 0 })
  const note = (): void => {
    if (box.current === null) return
    const { value: typed, selectionStart: start, selectionEnd: end } = box.current
    seen.current = { value: typed, start, end }
  }
  useLayoutEffect(() => {
    const { value: before, start, end } = seen.current
    if (value === before) return
    seen.current = { value, start, end }
    if (box.current !== null && document.activeElement === box.current) box.current.setSelectionRange(start, end)
  }, [value])
  return { box, note }
}
