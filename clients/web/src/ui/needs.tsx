/**
 * Which fields of a form may stay empty, said before anything is sent.
 *
 * Must: mark each field that may stay empty in its visible label; say once, above the first of two or more fields, that the
 * others are needed; say the same to readers of screens by `aria-required` (RGAA 4.1.2, 11.10; WCAG 2.2, 3.3.2). Not by
 * `required`: browsers call an empty field wrong by it, before anybody has typed.
 */
import { signal, type ReadonlySignal } from '@preact/signals'
import { createContext, type JSX } from 'preact'
import { useContext, useLayoutEffect } from 'preact/hooks'
import { t } from '../words/words.ts'

/**
 * `box`: it may always stay as it is, and no label of one is longer for it where the sentence can say so. `chosen`: a group
 * that has its answer from the start, or says itself what it needs; where there are such groups alone, no sentence is needed.
 */
type Kind = 'must' | 'may' | 'box' | 'chosen'
type Counts = Readonly<Record<Kind, number>>
const NONE: Counts = { must: 0, may: 0, box: 0, chosen: 0 }

/** What a form knows of its fields. Fields come and go while it is filled in. */
export class Needs {
  readonly #fields = new Map<string, Kind>()
  readonly #first = signal<string>()
  readonly #counts = signal<Counts>(NONE)
  /** The field above which the sentence stands; undefined where there are not two. */
  readonly first: ReadonlySignal<string | undefined> = this.#first
  readonly counts: ReadonlySignal<Counts> = this.#counts

  /** A field of this form, by its id in the document. Give back what takes it out. */
  add(id: string, kind: Kind): () => void {
    this.#fields.set(id, kind)
    this.#look()
    return () => {
      this.#fields.delete(id)
      this.#look()
    }
  }

  #look(): void {
    const counts = { ...NONE }
    for (const kind of this.#fields.values()) counts[kind] += 1
    this.#counts.value = counts
    this.#first.value = counts.must > 0 && this.#fields.size > 1 ? [...this.#fields.keys()].reduce(earlier) : undefined
  }
}

/** The one that stands earlier in the page. */
function earlier(a: string, b: string): string {
  const [one, other] = [document.getElementById(a), document.getElementById(b)]
  if (one === null || other === null) return a
  return (one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_PRECEDING) !== 0 ? b : a
}

/** Undefined outside of a form: nothing is sent there, so nothing is needed. */
export const FormNeeds = createContext<Needs | undefined>(undefined)

type NeedProps = { readonly id: string; readonly kind: Kind }

/** The sentence, above the field that comes first. */
export function Need({ id, kind }: NeedProps): JSX.Element | null {
  const needs = useContext(FormNeeds)
  useLayoutEffect(() => needs?.add(id, kind), [needs, id, kind])
  if (needs?.first.value !== id) return null
  const { may, box } = needs.counts.value
  return (
    <p class="hint needs">
      {may > 0 ? t('field.allButMarked') : box > 0 ? t('field.allButBoxes', box) : t('field.all')}
    </p>
  )
}

/** The mark, within the label. */
export function MayStayEmpty({ kind }: { readonly kind: Kind }): JSX.Element | null {
  const needs = useContext(FormNeeds)
  if (needs === undefined || kind === 'must' || kind === 'chosen') return null
  const { must, may, box, chosen } = needs.counts.value
  // One field alone stays empty or not: nothing has to be told from anything.
  const isMarked = must + may + box + chosen > 1 && (kind === 'may' || may > 0)
  return isMarked ? <span class="may"> {t('field.optional')}</span> : null
}

export const kindOf = (must: boolean): Kind => (must ? 'must' : 'may')

/** True or nothing: what an input says of itself to readers of screens. */
export const required = (must: boolean): true | undefined => must || undefined
