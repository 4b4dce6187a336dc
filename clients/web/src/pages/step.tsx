/** Where a person is on the way to an open account: "Step 2 of 4". */
import type { JSX } from 'preact'
import { t } from '../words/words.ts'

const STEPS = 4 // code, password, sheet, second lock

export const Step = ({ number }: { readonly number: number }): JSX.Element => (
  <p class="steps">{t('activation.step', number, STEPS)}</p>
)
