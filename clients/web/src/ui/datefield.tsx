/** Must: be the browser's own date or time, typed or chosen, with its label, hint and error tied to it (WCAG 2.2, 1.3.5, 3.3.2). */
import type { JSX } from 'preact'
import { useId } from 'preact/hooks'
import { described, Labelled } from './field.tsx'
import { required } from './needs.tsx'

type DateFieldProps = {
  readonly label: string
  readonly must: boolean
  /** YYYY-MM-DD, or hh:mm; empty while it is none. */
  readonly value: string
  readonly onValue: (value: string) => void
  readonly type?: 'date' | 'time'
  readonly max?: string
  readonly min?: string
  readonly hint?: string
  readonly wrong?: string | undefined
}

export function DateField({ label, must, value, onValue, type = 'date', max, min, hint, wrong }: DateFieldProps): JSX.Element {
  const id = useId()
  return (
    <Labelled {...{ id, label, must, hint, wrong }}>
      <input
        id={id}
        class="input input-short"
        {...(type === 'date' ? ({ type: 'date' } as const) : ({ type: 'time' } as const))}
        value={value}
        {...(max === undefined ? {} : { max })}
        {...(min === undefined ? {} : { min })}
        onInput={event => onValue(event.currentTarget.value)}
        aria-required={required(must)}
        aria-invalid={wrong === undefined ? undefined : 'true'}
        aria-describedby={described(id, hint, wrong)}
      />
    </Labelled>
  )
}
