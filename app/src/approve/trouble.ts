import type { Reason } from '../remote/trouble'
import { t } from '../words/words'

/** Why the last try brought nothing, and what to do, for the person's eyes. */
export function troubleWords(reason: Reason): string {
  switch (reason.why) {
    case 'offline':
      return t('app.approve.trouble.offline')
    case 'unreachable':
      return t('app.approve.trouble.unreachable')
    case 'clock':
      return t('app.approve.trouble.clock')
    case 'busy':
      return t('app.approve.trouble.busy', { n: Math.ceil(reason.after) })
    case 'storage':
      return t('app.approve.trouble.storage')
    case 'nolock':
      return t('app.approve.trouble.nolock')
    case 'nokey':
      return t('app.approve.trouble.nokey')
    case 'kept':
      return t('app.approve.trouble.kept')
    default:
      return t('app.approve.trouble.stranger')
  }
}
