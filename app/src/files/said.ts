/** What the core says, in words. Its messages are keys of `transfer.json`; a
 *  test of package transfer holds that every one is there, in both languages. */
import type { Format, Refusal } from '../core/core'
import { t, type Key } from '../words/words'

/** The words of a message that comes without values. */
export function say(message: string): string {
  return (t as (key: Key) => string)(message as Key)
}

export function nameOf(format: Format): string {
  return say(format.message)
}

/** What to say of a password that opened nothing. Of a recovery key the wrong
 *  group may be known. */
export function wrongPassword(why: Refusal, { format }: { format: Format }): string {
  if (why.code === 'mistyped') return t('files.password.mistyped', { n: Number(why.detail) })
  return format.id === 'backup' ? t('files.password.other_key') : say(why.message ?? '')
}

/** Why nothing came of a file. `command` is what does it at a terminal. */
export type Trouble = { title: string; text: string; command?: string }

/** What to say about a file that was refused. `work` is true if a password was being worked on. */
export function troubleOf(why: Refusal, work: boolean): Trouble {
  const text = why.message ? say(why.message) : ''
  switch (why.code) {
    case 'kdf_cost':
      return { title: t('files.trouble.cost.title'), text, command }
    case 'no_export':
      return why.detail?.endsWith('use_terminal') ? { title: t('files.trouble.title'), text, command } : { title: t('files.trouble.title'), text }
    case 'unavailable':
      return work
        ? { title: t('files.trouble.cost.title'), text: t('files.trouble.memory'), command }
        : { title: t('files.trouble.title'), text: t('files.trouble.core') }
    case 'no_file':
      return { title: t('files.trouble.title'), text: t('files.trouble.gone') }
  }
  return { title: t('files.trouble.title'), text: text || t('files.trouble.failed') }
}

/** Typed as it stands in every language. */
const command = 'countersign import FILE'
