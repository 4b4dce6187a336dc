/** Must: have a name that is seen; be emptied by a button in words and by Escape; keep the focus while answers come (WCAG 2.2, 3.3.2, 2.1.1). */
import type { JSX } from 'preact'
import { useId, useRef } from 'preact/hooks'
import { Button } from './button.tsx'

type SearchFieldProps = {
  readonly label: string
  readonly clear: string
  readonly value: string
  readonly onValue: (value: string) => void
}

export function SearchField({ label, clear, value, onValue }: SearchFieldProps): JSX.Element {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const empty = (): void => {
    onValue('')
    input.current?.focus()
  }
  return (
    <form class="search" role="search" onSubmit={event => event.preventDefault()}>
      <label for={id}>{label}</label>
      <div class="input-row">
        <input
          ref={input}
          id={id}
          class="input"
          type="search"
          value={value}
          autocomplete="off"
          spellcheck={false}
          enterkeyhint="search"
          onInput={event => onValue(event.currentTarget.value)}
          onKeyDown={event => {
            if (event.key === 'Escape') empty()
          }}
        />
        {value !== '' && (
          <Button look="plain" icon="close" onPress={empty}>
            {clear}
          </Button>
        )}
      </div>
    </form>
  )
}
