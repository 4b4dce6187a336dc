/** How people are told that something came (docs/spec/protocol.md; the Python side is messaging/wire/notices.py). */

/** From one time of the day ("22:00") to another, which may be the next day's, in a zone of the IANA data base. */
export type Quiet = { readonly from: string; readonly to: string; readonly zone: string }

export type NoticeWhen = 'off' | 'each' | 'daily'
export type NoticeLanguage = 'fr' | 'en'

export type NotificationSettings = {
  readonly id: 'settings'
  readonly email: string | null
  readonly emailState: 'none' | 'unconfirmed' | 'confirmed'
  readonly emailWhen: NoticeWhen
  readonly push: boolean
  readonly language: NoticeLanguage
  readonly quiet: Quiet | null
}
export type SettingsUpdate = Partial<Omit<NotificationSettings, 'id' | 'emailState'>>

/** RFC 8291: the browser's public key (65 bytes) and secret (16), b64u. */
export type PushKeys = { readonly p256dh: string; readonly auth: string }
export type NewSubscription = { readonly deviceClientId: string; readonly url: string; readonly keys: PushKeys }
export type PushSubscriptionRow = {
  readonly id: string
  readonly deviceClientId: string
  readonly verificationCode: string | null
  readonly expires: string
  readonly types: readonly string[] | null
}
