/** Must: be the browser's own list, with a visible label, hint and error tied to it (WCAG 2.2, 3.3.2, 4.1.2). */
import type { JSX } from 'preact'
import { useId } from 'preact/hooks'
import { described, Labelled } from './field.tsx'
import { required } from './needs.tsx'
import type { Tongue } from './theirs.tsx'

type SelectProps = {
  readonly label: string
  readonly must: boolean
  readonly value: string
  readonly choices: readonly (readonly [value: string, label: string])[]
  readonly onValue: (value: string) => void
  /** Of the names of the choices, where they are not ours; that of an empty value is. */
  readonly tongue?: Tongue
  readonly hint?: string
  readonly wrong?: string | undefined
}

export function Select({ label, must, value, choices, onValue, tongue, hint, wrong }: SelectProps): JSX.Element {
  const id = useId()
  return (
    <Labelled {...{ id, label, must, hint, wrong }}>
      <select
        id={id}
        class="input"
        value={value}
        onChange={event => onValue(event.currentTarget.value)}
        aria-required={required(must)}
        aria-invalid={wrong === undefined ? undefined : 'true'}
        aria-describedby={described(id, hint, wrong)}
      >
        {choices.map(([choice, words]) => (
          <option key={choice} value={choice} lang={choice === '' ? undefined : tongue}>
            {words}
          </option>
        ))}
      </select>
    </Labelled>
  )
}
