/** Files that wait in a form to be sent with its text. They are sealed and uploaded while the person still writes. */
import { signal } from '@preact/signals'
import { safeName, safeType, type Attachment } from '../content/attachment.ts'
import { Refusal } from '../wire/errors.ts'
import { MAX_ATTACHMENTS_TOTAL } from '../wire/limits.ts'
import type { Files } from './files.ts'
import { freshId } from './ids.ts'

export type WaitingFile = {
  readonly id: string
  readonly name: string
  readonly size: number
  readonly state:
    | { readonly kind: 'sending'; readonly sent: number }
    | { readonly kind: 'ready'; readonly attachment: Attachment }
    | { readonly kind: 'failed'; readonly error: unknown }
}

export class Composer {
  readonly #keep: Files['keep']
  /** thread id -> its files. */
  readonly #files = signal<ReadonlyMap<string, readonly WaitingFile[]>>(new Map())

  constructor(keep: Files['keep']) {
    this.#keep = keep
  }

  files(thread: string): readonly WaitingFile[] {
    return this.#files.value.get(thread) ?? []
  }

  ready(thread: string): readonly Attachment[] {
    return this.files(thread).flatMap(({ state }) => (state.kind === 'ready' ? [state.attachment] : []))
  }

  get busy(): boolean {
    return [...this.#files.value.values()].flat().some(({ state }) => state.kind === 'sending')
  }

  /** Seal and upload; never rejects: the file's state says how it went. */
  async add(thread: string, file: File): Promise<void> {
    const total = this.files(thread).reduce((sum, one) => sum + one.size, file.size)
    const one = { id: freshId(), name: safeName(file.name), size: file.size }
    const put = (state: WaitingFile['state']): void => this.#put(thread, { ...one, state })
    this.#set(thread, [...this.files(thread), { ...one, state: { kind: 'sending', sent: 0 } }])
    try {
      if (total > MAX_ATTACHMENTS_TOTAL) throw new Refusal('tooLarge')
      const onBytes = (sent: number): void => put({ kind: 'sending', sent })
      put({ kind: 'ready', attachment: await this.#keep(file, one.name, safeType(file.type), onBytes) })
    } catch (error) {
      put({ kind: 'failed', error })
    }
  }

  remove(thread: string, id: string): void {
    this.#set(thread, this.files(thread).filter(file => file.id !== id))
  }

  restore(thread: string, attachments: readonly Attachment[]): void {
    const back = attachments.map((attachment): WaitingFile => {
      const { name, size } = attachment
      return { id: freshId(), name, size, state: { kind: 'ready', attachment } }
    })
    this.#set(thread, [...back, ...this.files(thread)])
  }

  clear(thread: string): void {
    this.#set(thread, [])
  }

  close(): void {
    this.#files.value = new Map()
  }

  /** What was taken away meanwhile stays away. */
  #put(thread: string, file: WaitingFile): void {
    this.#set(thread, this.files(thread).map(one => (one.id === file.id ? file : one)))
  }

  #set(thread: string, files: readonly WaitingFile[]): void {
    this.#files.value = new Map([...this.#files.value, [thread, files]])
  }
}
