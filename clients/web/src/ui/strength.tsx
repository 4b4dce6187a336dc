/** How long a password would hold, said in words first. Must: be announced when it changes, politely (WCAG 2.2, 1.4.1, 4.1.3). */
import type { JSX } from 'preact'
import { t, type PlainWord } from '../words/words.ts'

const WORDS = ['strength.0', 'strength.1', 'strength.2', 'strength.3'] as const satisfies readonly PlainWord[]

/** 0 to 3. Length counts most; one kind of sign, a repeated one or a row of keys counts less. */
export function strength(password: string): 0 | 1 | 2 | 3 {
  const distinct = new Set(password.toLowerCase()).size
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/].filter(kind => kind.test(password)).length
  const worn = /(.)\1{3}|0123|1234|2345|3456|azert|qwert|password|motdepasse/i.test(password)
  const score = Math.min(password.length, distinct * 2) + kinds * 2 - (worn ? 8 : 0)
  if (password.length < 12 || score < 16) return score < 12 ? 0 : 1
  return score < 22 ? 2 : 3
}

export function Strength({ password }: { readonly password: string }): JSX.Element | null {
  if (password === '') return null
  const level = strength(password)
  return (
    <div>
      <div class="strength" aria-hidden="true">
        {WORDS.map((word, at) => (
          <i key={word} class={at <= level ? 'on' : undefined} />
        ))}
      </div>
      <span role="status">{t(WORDS[level])}</span>
    </div>
  )
}
