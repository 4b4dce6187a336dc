/** Must: say what will happen before it happens; take the focus to the question, and back when the answer is no (WCAG 2.2, 3.3.4, 2.4.3). */
import type { ComponentChildren, JSX } from 'preact'
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Button } from './button.tsx'
import type { IconName } from './icons.tsx'

type SureProps = {
  /** On the button that asks first; `long` is for readers of screens, where several look the same. */
  readonly label: string
  readonly long?: string
  readonly icon?: IconName
  readonly yes: string
  readonly no: string
  readonly waiting: boolean
  readonly onYes: () => void
  /** The question: what will happen, and what stays as it is. */
  readonly children: ComponentChildren
}

/** Two steps: nobody ends something by a stray tap. */
export function Sure({ label, long, icon, yes, no, waiting, onYes, children }: SureProps): JSX.Element {
  const [asking, setAsking] = useState(false)
  const place = useRef<HTMLDivElement>(null)
  const question = useRef<HTMLDivElement>(null)
  const asked = useRef(false)
  const id = useId()
  useLayoutEffect(() => {
    if (asking) question.current?.focus()
    else if (asked.current) place.current?.querySelector('button')?.focus()
    asked.current = asking
  }, [asking])
  return (
    <div ref={place} class={asking ? 'sure sure-asking' : 'sure'}>
      {asking ? (
        <div role="group" aria-labelledby={id}>
          <div class="sure-question" id={id} ref={question} tabIndex={-1}>
            {children}
          </div>
          <div class="buttons">
            <Button look="danger" waiting={waiting} onPress={onYes}>
              {yes}
            </Button>
            <Button look="plain" onPress={() => setAsking(false)}>
              {no}
            </Button>
          </div>
        </div>
      ) : (
        <Button onPress={() => setAsking(true)} {...(icon === undefined ? {} : { icon })} {...(long === undefined ? {} : { label: long })}>
          {label}
        </Button>
      )}
    </div>
  )
}
