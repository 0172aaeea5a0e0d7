/** What a report does, in words. An organisation hears of it; in a personal
 *  directory there is nobody who would. */
import { t } from '../words/words'

export type Hears = { kind: string | undefined; directory: string }

export function reportWhat({ kind, directory }: Hears): string {
  return kind === 'personal' ? t('app.approve.report.what.own') : t('app.approve.report.what', { directory })
}

export function reportedLead({ kind, directory }: Hears): string {
  return kind === 'personal' ? t('app.approve.reported.lead.own') : t('app.approve.reported.lead', { directory })
}
