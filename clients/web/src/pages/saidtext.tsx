/** The text of a letter as it was written; what it repeats of earlier ones is folded, and all of it is there. */
import type { JSX } from 'preact'
import { passages } from '../content/quoting.ts'
import { Ours, type Tongue } from '../ui/theirs.tsx'
import { t } from '../words/words.ts'

/** `tongue`: the language it is written in, as far as that is known. Which way it runs is seen by its first strong letter. */
export const SaidText = ({ text, tongue }: { readonly text: string; readonly tongue: Tongue }): JSX.Element => (
  <div class="letter-text" dir="auto" lang={tongue}>
    {passages(text).map((passage, place) =>
      passage.kind === 'said' ? (
        <span key={place}>{passage.text}</span>
      ) : (
        <details class="quoted" key={place}>
          <summary>
            <Ours>{t('conversation.quoted')}</Ours>
          </summary>
          {passage.text.replace(/^\n+/u, '')}
        </details>
      ),
    )}
  </div>
)
