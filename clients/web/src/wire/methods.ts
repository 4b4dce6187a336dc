/** Arguments and answers of the methods that this client calls (docs/spec/protocol.md; RFC 8620, section 5). */
import type { AppGrant, DirectoryEntry, EmergencyGrant, NewAppGrant, NewEmergencyGrant, Revoked } from './grants.ts'
import type { NewSubscription, NotificationSettings, PushSubscriptionRow, SettingsUpdate } from './notices.ts'
import type {
  AccessLogEntry,
  AccountInfo,
  Contact,
  Delegation,
  Device,
  KeyBox,
  LogState,
  NewMessage,
  PublicKey,
  SealedMessage,
  SealedState,
} from './types.ts'

type Get = { readonly accountId: string; readonly ids?: readonly string[] }
type Got<T> = { readonly state: string; readonly list: readonly T[]; readonly notFound: readonly string[] }
type Changes = { readonly accountId: string; readonly sinceState: string }
export type Changed = {
  readonly newState: string
  readonly hasMoreChanges: boolean
  readonly created: readonly string[]
  readonly updated: readonly string[]
  readonly destroyed: readonly string[]
}
type Set<New, Update> = {
  readonly accountId: string
  readonly create?: Readonly<Record<string, New>>
  readonly update?: Readonly<Record<string, Update>>
  readonly destroy?: readonly string[]
}
export type SetError = { readonly type: string; readonly description?: string } & Readonly<Record<string, unknown>>
export type SetDone = {
  readonly newState: string
  readonly created?: Readonly<Record<string, { readonly id: string }>> | null
  readonly updated?: Readonly<Record<string, unknown>> | null
  readonly notCreated?: Readonly<Record<string, SetError>> | null
  readonly notUpdated?: Readonly<Record<string, SetError>> | null
  readonly notDestroyed?: Readonly<Record<string, SetError>> | null
}

/** name -> [arguments, answer]. A method that is not here cannot be called. */
export interface Methods {
  readonly 'AccountInfo/get': [Get, Got<AccountInfo>]
  readonly 'AccessLogEntry/get': [Get, Got<AccessLogEntry>]
  readonly 'PublicKey/get': [Get, Got<PublicKey>]
  readonly 'PublicKey/lookup': [
    {
      readonly accountId: string
      readonly accounts: readonly string[]
      readonly history: boolean
      readonly since: number | null
    },
    { readonly list: readonly PublicKey[]; readonly notFound: readonly string[]; readonly log: LogState },
  ]
  readonly 'KeyLog/prove': [
    { readonly accountId: string; readonly sizes: readonly number[] },
    { readonly checkpoint: string; readonly proofs: Readonly<Record<string, readonly string[] | null>> },
  ]
  readonly 'KeyBox/get': [Get, Got<KeyBox>]
  readonly 'KeyBox/set': [Set<never, { readonly version: number; readonly box: string }>, SetDone]
  readonly 'SealedMessage/get': [Get, Got<SealedMessage>]
  readonly 'SealedMessage/changes': [Changes, Changed]
  readonly 'SealedMessage/query': [
    { readonly accountId: string; readonly position: number; readonly limit: number },
    { readonly ids?: readonly string[]; readonly queryState: string },
  ]
  readonly 'SealedMessage/set': [Set<NewMessage, never>, SetDone]
  readonly 'SealedState/get': [Get, Got<SealedState>]
  readonly 'SealedState/set': [Set<never, { readonly version: number; readonly sealed: string }>, SetDone]
  readonly 'Device/get': [Get, Got<Device>]
  readonly 'Device/set': [Set<never, { readonly label: string | null }>, SetDone]
  readonly 'Delegation/get': [Get, Got<Delegation>]
  readonly 'Delegation/set': [Set<{ readonly delegate: string }, never>, SetDone]
  readonly 'Contact/get': [Get, Got<Contact>]
  readonly 'NotificationSettings/get': [Get, Got<NotificationSettings>]
  readonly 'NotificationSettings/set': [Set<never, SettingsUpdate>, SetDone]
  readonly 'NotificationSettings/confirm': [{ readonly accountId: string; readonly code: string }, { readonly state: string }]
  readonly 'NotificationSettings/test': [
    { readonly accountId: string; readonly by: 'email' | 'push' },
    { readonly sent: boolean },
  ]
  /** Of this device, without an account (RFC 8620, 7.2). */
  readonly 'PushSubscription/get': [{ readonly ids: null }, Omit<Got<PushSubscriptionRow>, 'state'>]
  readonly 'PushSubscription/set': [
    Omit<Set<NewSubscription, { readonly verificationCode: string }>, 'accountId'>,
    Omit<SetDone, 'newState'>,
  ]
  readonly 'AppGrant/get': [Get, Got<AppGrant>]
  readonly 'AppGrant/set': [Set<NewAppGrant, Revoked>, SetDone]
  readonly 'EmergencyGrant/get': [Get, Got<EmergencyGrant>]
  readonly 'EmergencyGrant/set': [Set<NewEmergencyGrant, Revoked>, SetDone]
  readonly 'DirectoryEntry/get': [Get, Got<DirectoryEntry>]
  readonly 'DirectoryEntry/query': [
    { readonly accountId: string; readonly filter: { readonly text: string }; readonly position: number; readonly limit: number },
    { readonly ids?: readonly string[] },
  ]
}

export type MethodName = keyof Methods
