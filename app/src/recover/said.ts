/** What went wrong in a recovery, in words: what is true, then what to do. */
import type { Reason } from '../remote/trouble'
import { t } from '../words/words'
import type { Refusal } from '../core/ops'
import type { Problem } from './recovery'

export function problemWords(problem: Problem): string {
  switch (problem.why) {
    case 'signin':
      return signInWords(problem.problem)
    case 'server':
      return serverWords(problem.reason)
    case 'core':
      return coreWords(problem.refusal)
    case 'passkey':
      return problem.unable ? t('recover.passkey.unable') : t('recover.passkey.cancelled')
    case 'storage':
      return t('recover.trouble.storage')
  }
}

function signInWords(problem: 'denied' | 'weak' | 'refused'): string {
  switch (problem) {
    case 'denied':
      return t('recover.signin.denied')
    case 'weak':
      return t('recover.signin.weak')
    case 'refused':
      return t('recover.signin.refused')
  }
}

function serverWords(reason: Reason): string {
  switch (reason.why) {
    case 'offline':
      return t('recover.trouble.offline')
    case 'busy':
      return t('recover.trouble.busy', { n: Math.max(1, Math.ceil(reason.after / 60)) })
    case 'clock':
      return t('recover.trouble.clock')
    case 'storage':
      return t('recover.trouble.storage')
    case 'refused':
      return refusedWords(reason.code)
    case 'unreachable':
      return t('recover.trouble.unreachable')
    default:
      return t('recover.trouble.stranger')
  }
}

function refusedWords(code: string): string {
  switch (code) {
    case 'binding_ended':
    case 'bearer':
      return t('recover.trouble.ended')
    case 'not_personal':
      return t('recover.trouble.work')
    case 'not_fresh':
      return t('recover.signin.weak')
    case 'backup_deleted':
    case 'no_backup':
      return t('recover.trouble.deleted')
  }
  return t('recover.trouble.stranger')
}

/** Why a backup did not open: each has words of its own. */
function coreWords({ code, about }: Refusal): string {
  switch (code) {
    case 'mistyped':
      return about && 'group' in about ? t('recover.key.group', { n: about.group }) : t('recover.key.shape')
    case 'key':
      return t('recover.open.key')
    case 'truncated':
      return t('recover.open.truncated')
    case 'corrupted':
    case 'mixed':
    case 'not_sealed':
    case 'broken':
      return t('recover.open.corrupted')
    case 'newer':
      return t('recover.open.newer')
    case 'foreign':
      return t('recover.open.foreign')
    case 'no_file':
      return t('recover.open.last')
    case 'unavailable':
      return t('recover.open.unavailable')
  }
  return t('recover.open.failed')
}

/** Whether the version before may do where this one does not. */
export function mayHaveOlder(problem: Problem | undefined): boolean {
  return problem?.why === 'core' && ['truncated', 'corrupted', 'mixed', 'not_sealed', 'broken', 'foreign'].includes(problem.refusal.code)
}
