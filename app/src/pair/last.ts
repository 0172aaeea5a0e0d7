/** What to warn of before a paired account leaves this phone. */
import { titleOf } from '../codes/mark'
import { isOnly } from '../remote/registrations'
import type { Entry } from '../store/vault'
import { t } from '../words/words'

/** Words for the only app of a person who needs one; undefined for others. */
export async function lastWarning(entry: Entry): Promise<string | undefined> {
  const last = entry.server !== undefined && (await isOnly(entry.server.registration))
  return last ? t('app.remove.last', { name: titleOf(entry) }) : undefined
}
