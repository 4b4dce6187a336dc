/**
 * A field whose list is narrowed by typing (WAI-ARIA, combobox with a listbox that stays).
 *
 * Must: leave the keyboard in the field while arrows walk the list; say which line is meant; Enter takes it, and sends no
 * form while a line is meant; each line is a target of 44 px (WCAG 2.2, 2.1.1, 4.1.2, 2.5.8).
 */
import type { JSX } from 'preact'
import { useEffect, useId, useState } from 'preact/hooks'
import { described, Labelled } from './field.tsx'
import { Icon, type IconName } from './icons.tsx'
import { required } from './needs.tsx'
import type { Tongue } from './theirs.tsx'

export type ComboOption = { readonly id: string; readonly icon: IconName; readonly title: string; readonly lines: readonly ComboLine[] }
export type ComboLine = { readonly text: string; readonly tongue?: Tongue }

type ComboboxProps = {
  readonly label: string
  readonly must: boolean
  readonly hint: string
  /** Of the list, for readers of screens. */
  readonly listLabel: string
  readonly value: string
  readonly onValue: (value: string) => void
  readonly options: readonly ComboOption[]
  readonly onPick: (id: string) => void
  readonly wrong: string | undefined
}

export function Combobox({ label, must, hint, listLabel, value, onValue, options, onPick, wrong }: ComboboxProps): JSX.Element {
  const id = useId()
  const [active, setActive] = useState<string>()
  const at = options.findIndex(option => option.id === active)
  const lineId = (place: number): string => `${id}-line-${place}`
  useEffect(() => {
    if (at >= 0) document.getElementById(`${id}-line-${at}`)?.scrollIntoView({ block: 'nearest' })
  }, [at, id])
  const pick = (option: ComboOption | undefined): void => {
    if (option === undefined) return
    setActive(undefined)
    onPick(option.id)
  }
  const key = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0 && options.length > 0) {
      const from = at < 0 && step < 0 ? options.length : at
      setActive(options[(from + step + options.length) % options.length]?.id)
    } else if (event.key === 'Enter' && at >= 0) pick(options[at])
    else if (event.key === 'Escape' && (active !== undefined || value !== '')) {
      setActive(undefined)
      onValue('')
    } else return
    event.preventDefault()
  }
  return (
    <Labelled {...{ id, label, must, hint, wrong }}>
      <input
        id={id}
        type="text"
        class="input"
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        aria-autocomplete="list"
        aria-expanded={options.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={at < 0 ? undefined : lineId(at)}
        aria-required={required(must)}
        aria-invalid={wrong === undefined ? undefined : 'true'}
        aria-describedby={described(id, hint, wrong)}
        value={value}
        onInput={event => onValue(event.currentTarget.value)}
        onKeyDown={key}
      />
      <ul class="options" role="listbox" id={`${id}-list`} aria-label={listLabel} hidden={options.length === 0}>
        {options.map((option, place) => (
          <li
            key={option.id}
            id={lineId(place)}
            role="option"
            aria-selected={place === at}
            class="option"
            // The keyboard stays in the field.
            onMouseDown={event => event.preventDefault()}
            onClick={() => pick(option)}
          >
            <Icon name={option.icon} />
            <span>
              <b>{option.title}</b>
              {option.lines.map(({ text, tongue }) => (
                <small key={text} lang={tongue}>
                  {text}
                </small>
              ))}
            </span>
          </li>
        ))}
      </ul>
    </Labelled>
  )
}
