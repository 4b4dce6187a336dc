/** What came of a press, beside the button. Must: be read aloud without taking the focus (WCAG 2.2, 4.1.3). */
import type { JSX } from 'preact'

/** It stands there before it says anything: readers of screens tell what changes in it. */
export const Outcome = ({ text }: { readonly text: string }): JSX.Element => (
  <p class="outcome" role="status">
    {text}
  </p>
)
