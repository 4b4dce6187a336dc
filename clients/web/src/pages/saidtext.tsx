/** The text of a letter as it was written; what it repeats of earlier ones is folded, and all of it is there. */
import type { JSX } from 'preact'
import { passages } from '../content/quoting.ts'
import { t } from '../words/words.ts'

export const SaidText = ({ text }: { readonly text: string }): JSX.Element => (
  <div class="letter-text">
    {passages(text).map((passage, place) =>
      passage.kind === 'said' ? (
        <span key={place}>{passage.text}</span>
      ) : (
        <details class="quoted" key={place}>
          <summary>{t('conversation.quoted')}</summary>
          {passage.text.replace(/^\n+/u, '')}
        </details>
      ),
    )}
  </div>
)
