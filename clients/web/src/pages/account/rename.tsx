/** A name for something, changed where it stands. The focus goes to the field, and back to the button. */
import type { JSX } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { t } from '../../words/words.ts'
import { Failure } from '../refusals.tsx'
import { useAct } from '../useact.ts'

type RenameProps = {
  readonly button: string
  readonly long: string
  readonly label: string
  readonly hint: string
  readonly name: string
  readonly onName: (name: string) => Promise<void>
}

export function Rename({ button, long, label, hint, name, onName }: RenameProps): JSX.Element {
  const [open, setOpen] = useState(false)
  const [typed, setTyped] = useState(name)
  const { act, busy, error } = useAct()
  const place = useRef<HTMLDivElement>(null)
  const was = useRef(false)
  useLayoutEffect(() => {
    if (open) place.current?.querySelector('input')?.focus()
    else if (was.current) place.current?.querySelector('button')?.focus()
    was.current = open
  }, [open])
  const save = (): void => {
    if (busy) return
    act(async () => {
      await onName(typed.trim())
      setOpen(false)
    })
  }
  const begin = (): void => {
    setTyped(name)
    setOpen(true)
  }
  return (
    <div ref={place} class="rename">
      {open ? (
        <Form onSubmit={save}>
          <Failure error={error} />
          <TextField label={label} must={false} hint={hint} value={typed} onValue={setTyped} autocomplete="off" maxLength={60} />
          <div class="buttons">
            <Button type="submit" look="main" waiting={busy}>
              {t('confirm.save')}
            </Button>
            <Button look="plain" onPress={() => setOpen(false)}>
              {t('confirm.cancel')}
            </Button>
          </div>
        </Form>
      ) : (
        <Button icon="edit" label={long} onPress={begin}>
          {button}
        </Button>
      )}
    </div>
  )
}
