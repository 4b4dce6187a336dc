/** Six digits that two devices show. Must: be large; be read one by one (WCAG 2.2, 1.3.1). */
import type { JSX } from 'preact'
import { spelled } from '../ui/groups.ts'

/** `digits` as "123 456". */
export const Digits = ({ digits }: { readonly digits: string }): JSX.Element => (
  <p class="digits">
    <span aria-hidden="true">{digits}</span>
    <span class="unseen">{spelled(digits)}</span>
  </p>
)
