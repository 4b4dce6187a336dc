/** Until a list is there: that it comes, or why it does not and a way to ask again. */
import type { JSX } from 'preact'
import { Button } from '../../ui/button.tsx'
import { Waiting } from '../../ui/notice.tsx'
import { t } from '../../words/words.ts'
import { Failure } from '../refusals.tsx'
import type { Loaded } from './useloaded.ts'

export function Loading<T>({ of }: { readonly of: Loaded<T> }): JSX.Element | null {
  if (of.error !== undefined) {
    return (
      <>
        <Failure error={of.error} />
        <Button onPress={() => void of.again()}>{t('app.again')}</Button>
      </>
    )
  }
  return of.value === undefined ? <Waiting>{t('app.opening')}</Waiting> : null
}
