/** Must: have a visible label; tie hint and error to the input; allow paste and password managers (WCAG 2.2, 3.3.2, 3.3.8). */
import type { ComponentChildren, JSX } from 'preact'
import { useId, useState } from 'preact/hooks'
import { t } from '../words/words.ts'
import { Button } from './button.tsx'

export type Common = {
  readonly label: string
  readonly value: string
  readonly onValue: (value: string) => void
  readonly hint?: string
  readonly wrong?: string | undefined
}
type InputAttributes = {
  readonly autocomplete?: string
  readonly inputMode?: 'numeric'
  readonly maxLength?: number
  readonly spellcheck?: boolean
  readonly autocapitalize?: 'none' | 'characters'
}

/** The frame that every field has. `describe` is the id list that ties hint and error to the input. */
export function Labelled(props: {
  readonly id: string
  readonly label: string
  readonly hint: string | undefined
  readonly wrong: string | undefined
  readonly children: ComponentChildren
}): JSX.Element {
  const { id, label, hint, wrong, children } = props
  return (
    <div class={wrong === undefined ? 'field' : 'field field-wrong'}>
      <label for={id}>{label}</label>
      {hint !== undefined && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {wrong !== undefined && (
        <span class="wrong" id={`${id}-wrong`}>
          {wrong}
        </span>
      )}
      {children}
    </div>
  )
}

export const described = (id: string, hint: string | undefined, wrong: string | undefined): string | undefined =>
  [hint === undefined ? '' : `${id}-hint`, wrong === undefined ? '' : `${id}-wrong`].join(' ').trim() || undefined

type TextFieldProps = Common & InputAttributes & { readonly look?: 'code' | 'group' }

export function TextField({ label, value, onValue, hint, wrong, look, ...rest }: TextFieldProps): JSX.Element {
  const id = useId()
  return (
    <Labelled {...{ id, label, hint, wrong }}>
      <input
        autocomplete="off" // else the browser writes what is typed to its disk, to restore the tab
        {...rest}
        id={id}
        type="text"
        class={look === undefined ? 'input' : `input input-${look}`}
        value={value}
        onInput={event => onValue(event.currentTarget.value)}
        aria-invalid={wrong === undefined ? undefined : 'true'}
        aria-describedby={described(id, hint, wrong)}
      />
    </Labelled>
  )
}

/** The password can be shown: who sees what they type makes fewer mistakes. */
export function PasswordField(props: Common & { readonly autocomplete: string; readonly children?: ComponentChildren }): JSX.Element {
  const { label, value, onValue, hint, wrong, autocomplete, children } = props
  const id = useId()
  const [shown, setShown] = useState(false)
  return (
    <Labelled {...{ id, label, hint, wrong }}>
      <div class="input-row">
        <input
          {...(shown ? ({ type: 'text' } as const) : ({ type: 'password' } as const))}
          id={id}
          class="input"
          value={value}
          onInput={event => onValue(event.currentTarget.value)}
          autocomplete={autocomplete}
          autocapitalize="none"
          spellcheck={false}
          aria-invalid={wrong === undefined ? undefined : 'true'}
          aria-describedby={described(id, hint, wrong)}
        />
        <Button look="plain" onPress={() => setShown(!shown)} label={shown ? t('password.hideLong') : t('password.showLong')}>
          {shown ? t('password.hide') : t('password.show')}
        </Button>
      </div>
      {children}
    </Labelled>
  )
}

type CheckProps = { readonly label: string; readonly checked: boolean; readonly onValue: (value: boolean) => void }

export function Check({ label, checked, onValue }: CheckProps): JSX.Element {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} onChange={event => onValue(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  )
}

type ChoicesProps<T extends string> = {
  readonly legend: string
  readonly value: T
  readonly choices: readonly (readonly [value: T, label: string])[]
  readonly onValue: (value: T) => void
  /** The choices are languages, each named in itself. */
  readonly tongues?: boolean
}

export function Choices<T extends string>({ legend, value, choices, onValue, tongues = false }: ChoicesProps<T>): JSX.Element {
  const name = useId()
  return (
    <fieldset class="choices">
      <legend class="legend">{legend}</legend>
      {choices.map(([choice, label]) => (
        <label class="check" key={choice}>
          <input type="radio" name={name} checked={choice === value} onChange={() => onValue(choice)} />
          <span lang={tongues ? choice : undefined}>{label}</span>
        </label>
      ))}
    </fieldset>
  )
}
