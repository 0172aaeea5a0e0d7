/** What went wrong in a recovery, in words: what is true, then what to do. Where
 *  the next step is another one than in a backup that runs, the words are others. */
import { troubleWords } from '../backup/said'
import { SignInTrouble } from '../backup/signin'
import { CoreTrouble, type Refusal } from '../core/ops'
import { Trouble, type Reason } from '../remote/trouble'
import { t } from '../words/words'

/** Throws on what has no words. */
export function problemWords(thrown: unknown, issuer: string): string {
  return ownWords(thrown) ?? troubleWords(thrown, issuer)
}

function ownWords(thrown: unknown): string | undefined {
  if (thrown instanceof SignInTrouble) return thrown.why === 'weak' ? t('recover.trouble.weak') : undefined
  if (thrown instanceof Trouble) return serverWords(thrown.reason)
  if (thrown instanceof CoreTrouble) return coreWords(thrown.why)
  if (thrown instanceof TypeError) return t('backup.trouble.core') // the core's script did not come
  return undefined
}

function serverWords(reason: Reason): string | undefined {
  switch (reason.why) {
    case 'offline':
      return t('recover.trouble.offline')
    case 'unreachable':
      return t('recover.trouble.unreachable')
    case 'refused':
      return refusedWords(reason.code)
  }
  return undefined
}

function refusedWords(code: string): string | undefined {
  switch (code) {
    case 'binding_ended':
      return t('recover.trouble.ended')
    case 'not_fresh':
      return t('recover.trouble.weak')
    case 'backup_deleted':
    case 'no_backup':
      return t('recover.trouble.deleted')
  }
  return undefined
}

/** Why a backup did not open: each has words of its own. */
function coreWords({ code, about }: Refusal): string | undefined {
  switch (code) {
    case 'mistyped':
      return about && 'group' in about && about.group > 0 ? t('recover.key.group', { n: about.group }) : undefined
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
  }
  return undefined
}

const spoilt: readonly Refusal['code'][] = ['truncated', 'corrupted', 'mixed', 'not_sealed', 'broken', 'foreign']

/** Whether it may come whole the next time. */
export function cutShort(thrown: unknown): boolean {
  return thrown instanceof CoreTrouble && thrown.why.code === 'truncated'
}

/** Whether the version before may do where this one does not. */
export function mayHaveOlder(thrown: unknown): boolean {
  return thrown instanceof CoreTrouble && spoilt.includes(thrown.why.code)
}
