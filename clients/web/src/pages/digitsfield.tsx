/** The six digits of an authenticator app, as a field and as what was meant. */
import type { JSX } from 'preact'
import { TextField } from '../ui/field.tsx'
import { t } from '../words/words.ts'

type DigitsFieldProps = { readonly value: string; readonly onValue: (value: string) => void; readonly missing: boolean }

export const DigitsField = ({ value, onValue, missing }: DigitsFieldProps): JSX.Element => (
  <TextField
    label={t('code.label')}
    must
    value={value}
    onValue={onValue}
    look="code"
    inputMode="numeric"
    autocomplete="one-time-code"
    maxLength={9}
    wrong={missing ? t('code.missing') : undefined}
  />
)

/** The six digits, however they were grouped; undefined when they are not six. */
export function digitsOf(typed: string): string | undefined {
  const digits = typed.replace(/[\s-]/g, '')
  return /^[0-9]{6}$/.test(digits) ? digits : undefined
}
