/** A change of the settings of notices: saved as soon as it is made, and said. */
import type { NotificationSettings, SettingsUpdate } from '../../wire/notices.ts'
import { t } from '../../words/words.ts'
import { announce } from '../announcement.ts'
import { useApp } from '../context.ts'
import { useAct, type Act } from '../useact.ts'

/** `keep`: what the relay answered takes the place of what is shown. */
export type SettingsProps = { readonly settings: NotificationSettings; readonly keep: (settings: NotificationSettings) => void }

export type Saving = Act & { readonly save: (update: SettingsUpdate) => void }

export function useSaving(keep: SettingsProps['keep']): Saving {
  const { session } = useApp()
  const doing = useAct()
  const save = (update: SettingsUpdate): void =>
    doing.act(async () => {
      keep(await session.notices.save(update))
      announce(t('notices.saved'))
    })
  return { ...doing, save }
}
