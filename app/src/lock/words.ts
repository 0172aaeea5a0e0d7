/** What a person is told when the lock would not do something. */
import { StoreTrouble } from '../store/trouble'
import { t } from '../words/words'
import type { BadPin } from './keys'
import { leastDigits, mostDigits } from './keys'
import { PasskeyTrouble } from './passkey'

export function troubleWords(thrown: unknown): string {
  if (thrown instanceof PasskeyTrouble) return thrown.why === 'unable' ? t('lock.passkey.unable') : t('lock.passkey.cancelled')
  if (thrown instanceof StoreTrouble && thrown.why === 'unreadable') return t('lock.passkey.other')
  if (thrown instanceof StoreTrouble || thrown instanceof DOMException) return t('lock.storage')
  throw thrown
}

export function badPinWords(bad: BadPin): string {
  switch (bad) {
    case 'short':
      return t('lock.pin.short', { n: leastDigits })
    case 'long':
      return t('lock.pin.long', { n: mostDigits })
    case 'digits':
      return t('lock.pin.digits')
    case 'plain':
      return t('lock.pin.plain')
  }
}
