/** NotificationSettings and PushSubscriptions of one person, as an honest relay keeps them. */
import type { NotificationSettings, SettingsUpdate } from '../../src/wire/notices.ts'

export const EMAIL_CODE = '246802'
export const VERIFICATION = 'dmVyaWZpY2F0aW9u'

type Given = {
  readonly code?: string
  readonly by?: string
  readonly create?: Readonly<Record<string, unknown>>
  readonly update?: Readonly<Record<string, unknown>>
  readonly destroy?: readonly string[]
}

export class FakeNotices {
  settings: NotificationSettings = {
    id: 'settings', email: null, emailState: 'none', emailWhen: 'each', push: true, language: 'fr', quiet: null,
  }
  /** A relay without a mail server. */
  sendsMail = true
  codes = 0
  tests: string[] = []
  subscription: { id: string; deviceClientId: string; verificationCode: string | null; expires: string; types: null } | undefined

  /** Undefined for what is not of this kind. */
  answer(name: string, given: Given): unknown {
    switch (name) {
      case 'NotificationSettings/get':
        return { state: '1', list: [this.settings], notFound: [] }
      case 'NotificationSettings/set':
        return this.#update(given.update?.['settings'] as SettingsUpdate)
      case 'NotificationSettings/confirm':
        if (given.code !== EMAIL_CODE) return undefined
        this.settings = { ...this.settings, emailState: 'confirmed' }
        return { state: 'confirmed' }
      case 'NotificationSettings/test':
        this.tests.push(given.by ?? '')
        return { sent: given.by === 'email' ? this.settings.emailState === 'confirmed' : this.subscription !== undefined }
      case 'PushSubscription/get':
        return { list: this.subscription === undefined ? [] : [this.subscription], notFound: [] }
      case 'PushSubscription/set':
        return this.#subscribe(given)
      default:
        return undefined
    }
  }

  #update(update: SettingsUpdate): unknown {
    const isNew = update.email !== undefined && update.email !== this.settings.email
    if (isNew && update.email !== null && !this.sendsMail) return { notUpdated: { settings: { type: 'forbidden' } } }
    this.settings = { ...this.settings, ...update }
    if (isNew) {
      this.codes += update.email === null ? 0 : 1
      this.settings = { ...this.settings, emailState: update.email === null ? 'none' : 'unconfirmed' }
    }
    return { updated: { settings: null } }
  }

  #subscribe({ create, update, destroy }: Given): unknown {
    if (create !== undefined) {
      this.subscription = { id: 'p1', deviceClientId: 'pli-web', verificationCode: null, expires: '2024-06-01T00:00:00Z', types: null }
      return { created: { page: { id: 'p1' } } }
    }
    const said = update?.['p1'] as { readonly verificationCode: string } | undefined
    if (said !== undefined && said.verificationCode !== VERIFICATION) return { notUpdated: { p1: { type: 'invalidProperties' } } }
    if (said !== undefined && this.subscription !== undefined) this.subscription.verificationCode = VERIFICATION
    if (destroy !== undefined) this.subscription = undefined
    return {}
  }
}
