/** Must: have a visible label; tie hint and error to the input; allow paste and password managers (WCAG 2.2, 3.3.2, 3.3.8). */
import type { ComponentChildren, JSX } from 'preact'
import { useContext, useId, useState } from 'preact/hooks'
import { t } from '../words/words.ts'
import { Button } from './button.tsx'
import { FormNeeds, kindOf, MayStayEmpty, Need, required } from './needs.tsx'

export type Common = {
  readonly label: string
  /** False where it may stay empty: then its label says so. */
  readonly must: boolean
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
  readonly must: boolean
  readonly hint: string | undefined
  readonly wrong: string | undefined
  readonly children: ComponentChildren
}): JSX.Element {
  const { id, label, must, hint, wrong, children } = props
  return (
    <>
      <Need id={id} kind={kindOf(must)} />
      <div class={wrong === undefined ? 'field' : 'field field-wrong'}>
        <label for={id}>
          {label}
          <MayStayEmpty kind={kindOf(must)} />
        </label>
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
    </>
  )
}

export const described = (id: string, hint: string | undefined, wrong: string | undefined): string | undefined =>
  [hint === undefined ? '' : `${id}-hint`, wrong === undefined ? '' : `${id}-wrong`].join(' ').trim() || undefined

type TextFieldProps = Common & InputAttributes & { readonly look?: 'code' | 'group' }

export function TextField({ label, must, value, onValue, hint, wrong, look, ...rest }: TextFieldProps): JSX.Element {
  const id = useId()
  return (
    <Labelled {...{ id, label, must, hint, wrong }}>
      <input
        autocomplete="off" // else the browser writes what is typed to its disk, to restore the tab
        {...rest}
        id={id}
        type="text"
        class={look === undefined ? 'input' : `input input-${look}`}
        value={value}
        onInput={event => onValue(event.currentTarget.value)}
        aria-required={required(must)}
        aria-invalid={wrong === undefined ? undefined : 'true'}
        aria-describedby={described(id, hint, wrong)}
      />
    </Labelled>
  )
}

/** The password can be shown: who sees what they type makes fewer mistakes. */
export function PasswordField(props: Common & { readonly autocomplete: string; readonly children?: ComponentChildren }): JSX.Element {
  const { label, must, value, onValue, hint, wrong, autocomplete, children } = props
  const id = useId()
  const [shown, setShown] = useState(false)
  return (
    <Labelled {...{ id, label, must, hint, wrong }}>
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
          aria-required={required(must)}
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

/** A box that may stay as it is. */
export function Check({ label, checked, onValue }: CheckProps): JSX.Element {
  const id = useId()
  return (
    <>
      <Need id={id} kind="box" />
      <label class="check">
        <input id={id} type="checkbox" checked={checked} onChange={event => onValue(event.currentTarget.checked)} />
        <span>
          {label}
          <MayStayEmpty kind="box" />
        </span>
      </label>
    </>
  )
}

type ChecksProps = { readonly legend: string; readonly children: ComponentChildren }

/** Boxes of which at least one is needed: the legend says so, and no box is marked by itself. */
export function Checks({ legend, children }: ChecksProps): JSX.Element {
  const id = useId()
  return (
    <>
      <Need id={id} kind="chosen" />
      <fieldset class="choices" id={id}>
        <legend class="legend">{legend}</legend>
        <FormNeeds.Provider value={undefined}>{children}</FormNeeds.Provider>
      </fieldset>
    </>
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

/** One of them is chosen from the start, so the group is never empty. */
export function Choices<T extends string>({ legend, value, choices, onValue, tongues = false }: ChoicesProps<T>): JSX.Element {
  const name = useId()
  // As the sentence says it of all.
  const isSaid = useContext(FormNeeds)?.first.value !== undefined
  return (
    <>
      <Need id={name} kind="chosen" />
      <fieldset class="choices" id={name}>
        <legend class="legend">{legend}</legend>
        {choices.map(([choice, label]) => (
          <label class="check" key={choice}>
            <input type="radio" name={name} required={isSaid} checked={choice === value} onChange={() => onValue(choice)} />
            <span lang={tongues ? choice : undefined}>{label}</span>
          </label>
        ))}
      </fieldset>
    </>
  )
}
