/** The recovery kit of the mailbox that is open. */
import type { Kit } from '../../session/kit.ts'
import type { Session } from '../../session/session.ts'
import { t } from '../../words/words.ts'

/** The log-in name of a mailbox that is held may never have been typed here: then the sheet says where it stands. */
export async function kitOf(session: Session): Promise<Kit> {
  const { login, code } = await session.factors.kit()
  return { login: login === '' ? t('carers.loginElsewhere') : login, code }
}
