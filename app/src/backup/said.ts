/** What a person is told when something about the backup did not work. */
import { CoreTrouble, type Refusal } from '../core/ops'
import { PasskeyTrouble } from '../lock/passkey'
import { hostOf } from '../pair/link'
import { Trouble, type Reason } from '../remote/trouble'
import { StoreTrouble } from '../store/trouble'
import { t } from '../words/words'
import { SignInTrouble } from './signin'

/** Throws on what has no words. */
export function troubleWords(thrown: unknown, issuer: string): string {
  const host = issuer ? hostOf(issuer) : ''
  if (thrown instanceof SignInTrouble) return t(`backup.trouble.${thrown.why}`)
  if (thrown instanceof PasskeyTrouble) return t(`backup.trouble.passkey.${thrown.why}`)
  if (thrown instanceof StoreTrouble) return t('backup.trouble.storage')
  if (thrown instanceof CoreTrouble) return coreWords(thrown.why)
  if (thrown instanceof Trouble) return serverWords(thrown.reason, host)
  throw thrown
}

function coreWords({ code, about }: Refusal): string {
  switch (code) {
    case 'mistyped':
      return about && 'group' in about && about.group > 0 ? t('backup.trouble.mistyped', { n: about.group }) : t('backup.trouble.notkey')
    case 'key':
      return t('backup.trouble.key')
    case 'foreign':
      return t('backup.trouble.foreign')
    case 'newer':
    case 'format':
      return t('backup.trouble.newer')
    case 'branch':
      return t('backup.trouble.branch')
    case 'not_sealed':
    case 'truncated':
    case 'corrupted':
    case 'mixed':
      return t('backup.trouble.damaged')
    case 'unavailable':
      return t('backup.trouble.core')
  }
  return t('backup.trouble.failed')
}

function serverWords(reason: Reason, host: string): string {
  switch (reason.why) {
    case 'offline':
      return t('backup.trouble.offline')
    case 'unreachable':
      return t('backup.trouble.unreachable', { host })
    case 'busy':
      return t('backup.trouble.busy', { host })
    case 'clock':
      return t('backup.trouble.clock')
    case 'refused':
      return refusedWords(reason.code, host)
  }
  return t('backup.trouble.stranger', { host })
}

function refusedWords(code: string, host: string): string {
  switch (code) {
    case 'binding_ended':
      return t('backup.trouble.ended')
    case 'no_backup':
      return t('backup.trouble.none')
    case 'backup_deleted':
      return t('backup.trouble.deleted')
    case 'storage_full':
      return t('backup.trouble.full')
    case 'full':
      return t('backup.trouble.devices')
    case 'origin':
      return t('backup.trouble.origin', { host, app: location.host })
    case 'not_personal':
      return t('backup.trouble.work')
    case 'conflict':
      return t('backup.trouble.conflict')
    case 'invalid_grant':
    case 'bearer':
    case 'not_fresh':
      return t('backup.trouble.late')
  }
  return t('backup.trouble.stranger', { host })
}
