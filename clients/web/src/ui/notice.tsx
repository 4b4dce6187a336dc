/** Things to know, things that went wrong, and things that wait. */
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Icon, type IconName } from './icons.tsx'

type NoticeProps = { readonly icon?: IconName; readonly care?: boolean; readonly children: ComponentChildren }

export function Notice({ icon = 'info', care = false, children }: NoticeProps): JSX.Element {
  return (
    <div class={care ? 'notice notice-care' : 'notice'}>
      <Icon name={icon} />
      <div>{children}</div>
    </div>
  )
}

/** Must: take the focus when shown; be announced as an alert; say what to do next (WCAG 2.2, 3.3.1, 4.1.3). */
export function Alert({ title, children }: { readonly title: string; readonly children: ComponentChildren }): JSX.Element {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => box.current?.focus(), [])
  return (
    <div class="alert" role="alert" tabIndex={-1} ref={box}>
      <Icon name="alert" />
      <div>
        <h2>{title}</h2>
        {children}
      </div>
    </div>
  )
}

/** One quiet line with its icon. */
export function Aside({ icon, children }: { readonly icon: IconName; readonly children: ComponentChildren }): JSX.Element {
  return (
    <p class="aside">
      <Icon name={icon} />
      <span>{children}</span>
    </p>
  )
}

export const Waiting = ({ children }: { readonly children: ComponentChildren }): JSX.Element => (
  <p class="waiting" role="status">
    <span>{children}</span>
  </p>
)

type MarkProps = { readonly look?: 'new' | 'yes' | 'care'; readonly icon?: IconName; readonly children: ComponentChildren }

export const Mark = ({ look, icon, children }: MarkProps): JSX.Element => (
  <span class={look === undefined ? 'mark' : `mark mark-${look}`}>
    {icon !== undefined && <Icon name={icon} />}
    {children}
  </span>
)

/** Must: say in words how far it is; the bar only repeats it (WCAG 2.2, 1.1.1). */
export function Progress({ label, done }: { readonly label: string; readonly done: number }): JSX.Element {
  const percent = Math.round(done * 100)
  return (
    <div>
      <div class="progress" role="progressbar" aria-label={label} aria-valuenow={percent} aria-valuemin={0} aria-valuemax={100}>
        <i style={{ width: `${percent}%` }} />
      </div>
    </div>
  )
}
