/**
 * Words that somebody wrote, within a page that may be in another language.
 *
 * Must: be marked with the language they are written in, as far as it is known, so that readers of screens say them in it
 * (RGAA 4.1.2, 8.7; WCAG 2.2, 3.1.2). Names of people, services and places need none, and what the person wrote has none that
 * is known.
 */
import type { ComponentChildren, JSX } from 'preact'
import { language } from '../words/words.ts'

/** A language tag; undefined where nothing says which language it is. */
export type Tongue = string | undefined

type TheirsProps = { readonly tongue: Tongue; readonly children: ComponentChildren }

export const Theirs = ({ tongue, children }: TheirsProps): JSX.Element =>
  tongue === undefined ? <>{children}</> : <span lang={tongue}>{children}</span>

type HoldingProps = { readonly sentence: string; readonly words: string; readonly tongue: Tongue }

/** A sentence of ours that holds words of theirs: those alone are marked. */
export function Holding({ sentence, words, tongue }: HoldingProps): JSX.Element {
  const at = words === '' ? -1 : sentence.indexOf(words)
  if (at < 0) return <>{sentence}</>
  return (
    <>
      {sentence.slice(0, at)}
      <Theirs tongue={tongue}>{words}</Theirs>
      {sentence.slice(at + words.length)}
    </>
  )
}

/** Within something of theirs: a word of the page's own. */
export const Ours = ({ children }: { readonly children: ComponentChildren }): JSX.Element => <span lang={language.value}>{children}</span>
