/** Must: take a printed code in any spelling, pasted or typed; leave the caret where the person works (WCAG 2.2, 3.3.2, 3.3.8). */
import type { JSX } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { described, Labelled } from './field.tsx'
import { caretIn, inGroups, onLines, signsOf } from './groups.ts'
import { required } from './needs.tsx'

type CodeFieldProps = {
  readonly label: string
  readonly must: boolean
  /** In groups, with hyphens. */
  readonly value: string
  readonly onValue: (value: string) => void
  readonly hint?: string
  readonly wrong?: string | undefined
}

/** Three lines of three groups, as large as on paper: two of them can be compared at a glance. */
export function CodeField({ label, must, value, onValue, hint, wrong }: CodeFieldProps): JSX.Element {
  const id = useId()
  const field = useRef<HTMLTextAreaElement>(null)
  const caret = useRef<number | undefined>(undefined)
  const shown = onLines(value)
  useLayoutEffect(() => {
    const there = field.current
    const at = caret.current
    caret.current = undefined
    if (there === null || at === undefined) return
    there.value = shown // also when the signs are the same, as after a space
    there.setSelectionRange(at, at)
  })
  const take = ({ value: typed, selectionStart }: HTMLTextAreaElement): void => {
    const before = signsOf(typed.slice(0, selectionStart)).length
    caret.current = caretIn(onLines(typed), before)
    onValue(inGroups(typed))
  }
  return (
    <Labelled {...{ id, label, must, hint, wrong }}>
      <textarea
        ref={field}
        id={id}
        class="input input-letter"
        rows={3}
        value={shown}
        onInput={event => take(event.currentTarget)}
        onKeyDown={event => {
          if (event.key !== 'Enter') return
          event.preventDefault()
          event.currentTarget.form?.requestSubmit()
        }}
        autocomplete="off"
        autocapitalize="characters"
        spellcheck={false}
        aria-required={required(must)}
        aria-invalid={wrong === undefined ? undefined : 'true'}
        aria-describedby={described(id, hint, wrong)}
      />
    </Labelled>
  )
}
