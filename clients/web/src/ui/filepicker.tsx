/** Must: take files by choosing, dropping, pasting and camera; none of them is the only way (WCAG 2.2, 2.5.7, 2.1.1). */
import type { ComponentChildren, JSX } from 'preact'
import { useId, useState } from 'preact/hooks'
import { Icon, type IconName } from './icons.tsx'
import { kindOf, MayStayEmpty, Need, required } from './needs.tsx'

type FilePickerProps = {
  readonly label: string
  readonly must: boolean
  readonly add: string
  readonly photo: string
  readonly hint: string
  readonly onFiles: (files: readonly File[]) => void
  readonly children: ComponentChildren
}

export function FilePicker({ label, must, add, photo, hint, onFiles, children }: FilePickerProps): JSX.Element {
  const id = useId()
  const [over, setOver] = useState(false)
  const take = (event: Event, files: FileList | undefined): void => {
    if (files === undefined || files.length === 0) return
    event.preventDefault()
    onFiles([...files])
  }
  return (
    <>
      <Need id={id} kind={kindOf(must)} />
      <div
        class={over ? 'drop drop-over' : 'drop'}
        onDragOver={event => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={event => {
          setOver(false)
          take(event, event.dataTransfer?.files)
        }}
        onPaste={event => take(event, event.clipboardData?.files)}
      >
        {children}
        <p class="drop-label" id={id}>
          {label}
          <MayStayEmpty kind={kindOf(must)} />
        </p>
        <div class="buttons" role="group" aria-labelledby={id}>
          <Choose label={add} icon="clip" must={must} onFiles={onFiles} />
          <span class="touch-only">
            <Choose label={photo} icon="camera" must={must} onFiles={onFiles} camera />
          </span>
        </div>
        <p class="hint desk-only">{hint}</p>
      </div>
    </>
  )
}

type ChooseProps = {
  readonly label: string
  readonly must: boolean
  readonly icon: IconName
  readonly onFiles: (files: readonly File[]) => void
  readonly camera?: boolean
}

/** The browser's own file input, under a label that looks like a button. */
function Choose({ label, must, icon, onFiles, camera = false }: ChooseProps): JSX.Element {
  const id = useId()
  const change = (input: HTMLInputElement): void => {
    onFiles([...(input.files ?? [])])
    input.value = '' // so that the same file can be chosen again
  }
  return (
    <span class="choose">
      <input
        id={id}
        class="choose-input"
        type="file"
        multiple={!camera}
        accept={camera ? 'image/*' : undefined}
        capture={camera ? 'environment' : undefined}
        aria-required={required(must)}
        onChange={event => change(event.currentTarget)}
      />
      <label class="button button-other button-icon" for={id}>
        <Icon name={icon} />
        {label}
      </label>
    </span>
  )
}
