/** Must: be at least 44 px high; say what happens in words; stay in the tab order while it waits (WCAG 2.2, 2.5.8). */
import type { ComponentChildren, JSX } from 'preact'
import { Icon, type IconName } from './icons.tsx'

/** `danger`: what cannot be taken back. */
type Look = 'main' | 'other' | 'plain' | 'danger'
type Common = { readonly look?: Look; readonly icon?: IconName; readonly children: ComponentChildren }

const classes = (look: Look, icon: IconName | undefined): string =>
  `button button-${look}${icon === undefined ? '' : ' button-icon'}`

type ButtonProps = Common & {
  readonly onPress?: () => void
  readonly type?: 'button' | 'submit'
  readonly waiting?: boolean
  readonly pressed?: boolean
  readonly expanded?: boolean
  /** For readers of screens, when the words alone are the same for several things. It begins with the words. */
  readonly label?: string
}

export function Button(props: ButtonProps): JSX.Element {
  const { look = 'other', icon, children, onPress, type = 'button', waiting = false, pressed, expanded, label } = props
  const press = (event: Event): void => {
    if (waiting) event.preventDefault()
    else onPress?.()
  }
  return (
    <button
      type={type}
      class={classes(look, icon)}
      aria-disabled={waiting ? 'true' : undefined}
      aria-pressed={pressed}
      aria-expanded={expanded}
      aria-label={label}
      onClick={press}
    >
      {icon !== undefined && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  )
}

type LinkProps = Common & { readonly href: string; readonly download?: string }

export function ButtonLink({ look = 'other', icon, children, href, download }: LinkProps): JSX.Element {
  return (
    <a class={classes(look, icon)} href={href} download={download}>
      {icon !== undefined && <Icon name={icon} />}
      <span>{children}</span>
    </a>
  )
}
