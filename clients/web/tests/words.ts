/** Pages are drawn here without the app, which would have their words fetched first. */
import { learn } from '../src/words/words.ts'

await learn('account', 'doors', 'inside')
