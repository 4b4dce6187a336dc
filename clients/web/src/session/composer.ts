/** Files that wait in a form to be sent with its text. They are sealed and uploaded while the person still writes. */
import { signal } from '@preact/signals'
import { safeName, safeType, type Attachment } from '../content/attachment.ts'
import { Refusal } from '../wire/errors.ts'
import { MAX_ATTACHMENTS_TOTAL } from '../wire/limits.ts'
import type { Files, OnProgress } from './files.ts'
import { freshId } from './ids.ts'

export type WaitingFile = {
  readonly id: string
  readonly name: string
  readonly size: number
  readonly state:
    | { readonly kind: 'sending'; readonly sent: number; readonly paused: boolean }
    | { readonly kind: 'ready'; readonly attachment: Attachment }
    | { readonly kind: 'failed'; readonly error: unknown }
}

/** `attachments`: those that are sealed by now, so that a draft can name them. */
type OnKept = (thread: string, attachments: readonly Attachment[]) => void

export class Composer {
  readonly #keeper: () => Pick<Files, 'keep' | 'send' | 'drop'>
  readonly #onKept: OnKept
  /** thread id -> its files. */
  readonly #files = signal<ReadonlyMap<string, readonly WaitingFile[]>>(new Map())
  /** file id -> what it is once it is sealed. */
  readonly #sealed = new Map<string, Attachment>()

  constructor(keeper: () => Pick<Files, 'keep' | 'send' | 'drop'>, onKept: OnKept) {
    this.#keeper = keeper
    this.#onKept = onKept
  }

  files(thread: string): readonly WaitingFile[] {
    return this.#files.value.get(thread) ?? []
  }

  ready(thread: string): readonly Attachment[] {
    return this.files(thread).flatMap(({ state }) => (state.kind === 'ready' ? [state.attachment] : []))
  }

  /** Some file would be lost if the page went now: it is not sealed yet. */
  get unsealed(): boolean {
    return this.#some(({ id }) => !this.#sealed.has(id))
  }

  get busy(): boolean {
    return this.#some(() => true)
  }

  #some(which: (file: WaitingFile) => boolean): boolean {
    return [...this.#files.value.values()].flat().some(file => file.state.kind === 'sending' && which(file))
  }

  /** Seal and upload; never rejects: the file's state says how it went. */
  async add(thread: string, file: File): Promise<void> {
    const total = this.files(thread).reduce((sum, one) => sum + one.size, file.size)
    const one = { id: freshId(), name: safeName(file.name), size: file.size }
    const { put, onProgress } = this.#reporting(thread, one)
    this.#set(thread, [...this.files(thread), { ...one, state: { kind: 'sending', sent: 0, paused: false } }])
    try {
      if (total > MAX_ATTACHMENTS_TOTAL) throw new Refusal('tooLarge')
      const attachment = await this.#keeper().keep(file, one.name, safeType(file.type), onProgress)
      await this.#bring(thread, one.id, attachment, onProgress)
      put({ kind: 'ready', attachment })
    } catch (error) {
      put({ kind: 'failed', error })
    }
  }

  /** The files of a draft that was kept: what of them is still here goes to the relay now. */
  async resume(thread: string, attachments: readonly Attachment[]): Promise<void> {
    const known = new Set([...this.#sealed.values()].map(({ id }) => id))
    const fresh = attachments.filter(({ id }) => !known.has(id)).map(attachment => ({ attachment, id: freshId() }))
    // All of them stand there before any is brought: the draft names each at every moment.
    for (const { attachment, id } of fresh) this.#sealed.set(id, attachment)
    const begun = fresh.map(({ attachment: { name, size }, id }): WaitingFile => ({ id, name, size, state: { kind: 'sending', sent: 0, paused: false } }))
    this.#set(thread, [...this.files(thread), ...begun])
    await Promise.all(fresh.map(({ attachment, id }) => this.#resumeOne(thread, id, attachment)))
  }

  async #resumeOne(thread: string, id: string, attachment: Attachment): Promise<void> {
    const { name, size } = attachment
    const { put, onProgress } = this.#reporting(thread, { id, name, size })
    try {
      await this.#bring(thread, id, attachment, onProgress)
      put({ kind: 'ready', attachment })
    } catch (error) {
      put({ kind: 'failed', error })
    }
  }

  async #bring(thread: string, id: string, attachment: Attachment, onProgress: OnProgress): Promise<void> {
    if (!this.files(thread).some(file => file.id === id)) return this.#keeper().drop(attachment) // taken away meanwhile
    this.#sealed.set(id, attachment)
    this.#tell(thread)
    await this.#keeper().send(attachment, onProgress)
  }

  remove(thread: string, id: string): void {
    const sealed = this.#sealed.get(id)
    this.#sealed.delete(id)
    this.#set(thread, this.files(thread).filter(file => file.id !== id))
    this.#tell(thread)
    if (sealed !== undefined) void this.#keeper().drop(sealed)
  }

  restore(thread: string, attachments: readonly Attachment[]): void {
    const back = attachments.map((attachment): WaitingFile => {
      const { name, size } = attachment
      const id = freshId()
      this.#sealed.set(id, attachment)
      return { id, name, size, state: { kind: 'ready', attachment } }
    })
    this.#set(thread, [...back, ...this.files(thread)])
    this.#tell(thread)
  }

  clear(thread: string): void {
    for (const { id } of this.files(thread)) this.#sealed.delete(id)
    this.#set(thread, [])
  }

  close(): void {
    this.#sealed.clear()
    this.#files.value = new Map()
  }

  #tell(thread: string): void {
    this.#onKept(thread, this.files(thread).flatMap(({ id }) => this.#sealed.get(id) ?? []))
  }

  #reporting(thread: string, one: Omit<WaitingFile, 'state'>): { put: (state: WaitingFile['state']) => void; onProgress: OnProgress } {
    const put = (state: WaitingFile['state']): void => this.#put(thread, { ...one, state })
    return { put, onProgress: (sent, paused) => put({ kind: 'sending', sent, paused }) }
  }

  /** What was taken away meanwhile stays away. */
  #put(thread: string, file: WaitingFile): void {
    this.#set(thread, this.files(thread).map(one => (one.id === file.id ? file : one)))
  }

  #set(thread: string, files: readonly WaitingFile[]): void {
    this.#files.value = new Map([...this.#files.value, [thread, files]])
  }
}
