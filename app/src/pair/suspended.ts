/** What is true of an account whose person was suspended, and what to do. */
import { ofRegistration } from '../remote/registrations'
import { t } from '../words/words'

export function suspendedLead(registration: string): string {
  const { host = '', directory } = ofRegistration(registration)?.server ?? {}
  return directory?.kind === 'organization' ? t('app.pair.suspended.what', { organisation: directory.name }) : t('app.pair.suspended.what.own', { host })
}
