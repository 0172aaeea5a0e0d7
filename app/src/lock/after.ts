/** When the app locks itself, in words. */
import type { LockAfter } from '../store/ring'
import { t } from '../words/words'

export const afters: readonly LockAfter[] = [0, 1, 5, 15, 'never']

/** Short, for the end of a line. */
export function afterName(after: LockAfter): string {
  if (after === 'never') return t('lock.after.never')
  return after === 0 ? t('lock.after.leaving') : t('lock.after.minutes', { n: after })
}

/** In full, to choose from. */
export function afterWords(after: LockAfter): string {
  if (after === 'never') return t('lock.after.never.text')
  return after === 0 ? t('lock.after.leaving.text') : t('lock.after.minutes.text', { n: after })
}
