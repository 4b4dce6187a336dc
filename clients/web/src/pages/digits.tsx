/** The six digits that two devices show, to be compared by eye and by ear. */
import type { JSX } from 'preact'
import { spelled } from '../ui/groups.ts'

/** `digits` as "123 456". */
export const Digits = ({ digits }: { readonly digits: string }): JSX.Element => (
  <p class="digits">
    <span aria-hidden="true">{digits}</span>
    {/* One digit after the other: no reader of screens makes a number of them. */}
    <span class="unseen">{spelled(digits)}</span>
  </p>
)
