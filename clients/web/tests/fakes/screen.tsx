/** A page as a person meets it: it is drawn in the document, typed into, pressed and read. */
import { signal } from '@preact/signals'
import { render, type ComponentChildren } from 'preact'
import { act } from 'preact/test-utils'
import { LocationProvider } from 'preact-iso'
import { AppContext, type App } from '../../src/pages/context.ts'
import type { PairingState } from '../../src/session/pairing.ts'
import type { Phase } from '../../src/session/session.ts'

/** What a page before log-in asks of the app. `heard` has each call, in order, by name. */
export function doorApp(login: Record<string, unknown> = {}, phase: Phase = 'out', fragment = '') {
  const heard: string[] = []
  const pairing = {
    state: signal<PairingState>({ kind: 'idle' }),
    begin: (trust: boolean) => Promise.resolve(void heard.push(`begin ${trust}`)),
    confirm: () => void heard.push('confirm'),
    cancel: () => Promise.resolve(void heard.push('cancel')),
  }
  const app = {
    session: { phase: signal(phase), ended: signal(false), stop: () => Promise.resolve() },
    login: {
      lastName: () => '',
      hasPasskeys: () => Promise.resolve(false),
      abandon: () => Promise.resolve(),
      abandonKit: () => Promise.resolve(void heard.push('abandonKit')),
      pairing,
      ...login,
    },
    screen: { origin: 'https://pli.example', print: () => heard.push('print'), copy: () => Promise.resolve(true) },
    preferences: { language: signal('fr'), textSize: signal('normal') },
    fragment,
    forgetFragment: () => undefined,
    newer: signal(undefined),
  }
  // Only what these pages ask for is there: a page that asks for more fails by name.
  return { app: app as unknown as App, heard, pairing }
}

export class Screen {
  readonly root = document.body.appendChild(document.createElement('div'))

  async show(app: App, page: ComponentChildren): Promise<void> {
    await act(() =>
      render(
        <AppContext.Provider value={app}>
          <LocationProvider>{page}</LocationProvider>
        </AppContext.Provider>,
        this.root,
      ),
    )
  }

  async leave(): Promise<void> {
    await act(() => render(null, this.root))
  }

  /** Without the words that readers of screens alone get. */
  get text(): string {
    return this.root.textContent
  }

  field(label: string): HTMLInputElement | HTMLTextAreaElement {
    const found = [...this.root.querySelectorAll('label')].find(one => one.textContent.trim() === label)
    const field = found?.htmlFor ? document.getElementById(found.htmlFor) : found?.querySelector('input')
    if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) throw new Error(`no field ${label}`)
    return field
  }

  async type(label: string, text: string): Promise<void> {
    const field = this.field(label)
    await act(() => {
      field.value = text
      field.dispatchEvent(new Event('input', { bubbles: true }))
    })
  }

  async press(words: string): Promise<void> {
    const all = [...this.root.querySelectorAll<HTMLElement>('button, label.check')]
    const button = all.find(one => one.textContent.trim() === words)
    if (button === undefined) throw new Error(`no button ${words}: ${this.text}`)
    await act(async () => {
      button.click()
      await Promise.resolve()
    })
    await this.settle()
  }

  /** What was begun has ended, and is drawn. */
  async settle(): Promise<void> {
    await act(() => new Promise<void>(resolve => setTimeout(resolve, 0)))
  }

  get wrong(): readonly string[] {
    return [...this.root.querySelectorAll('.wrong')].map(one => one.textContent)
  }

  get alert(): string {
    return this.root.querySelector('[role="alert"] h2')?.textContent ?? ''
  }

  get heading(): string {
    return this.root.querySelector('h1')?.textContent ?? ''
  }
}
