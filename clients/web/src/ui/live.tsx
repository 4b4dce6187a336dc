/** Must: say what arrived without taking the focus (WCAG 2.2, 4.1.3). It stays in the page, empty, from the start. */
import type { ReadonlySignal } from '@preact/signals'
import type { JSX } from 'preact'

export const LiveRegion = ({ said }: { readonly said: ReadonlySignal<string> }): JSX.Element => (
  <div class="unseen" role="status" aria-live="polite">
    {said.value}
  </div>
)
