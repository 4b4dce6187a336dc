/** A list of ways on. Must: be a list of links; each at least 44 px high, its words saying where it leads (WCAG 2.2, 2.4.4, 2.5.8). */
import type { ComponentChildren, JSX } from 'preact'
import { useId } from 'preact/hooks'
import { Icon, type IconName } from './icons.tsx'

export function Rows({ title, children }: { readonly title: string; readonly children: ComponentChildren }): JSX.Element {
  const id = useId()
  return (
    <section class="rows-part" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <ul class="rows">{children}</ul>
    </section>
  )
}

type RowProps = { readonly href: string; readonly icon: IconName; readonly title: string; readonly text: string }

export const Row = ({ href, icon, title, text }: RowProps): JSX.Element => (
  <li>
    <a class="rows-row" href={href}>
      <Icon name={icon} />
      <span>
        <b>{title}</b>
        <span class="rows-text">{text}</span>
      </span>
      <Icon name="forward" />
    </a>
  </li>
)
