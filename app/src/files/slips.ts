/** What stands on paper beside a QR code. */
import { t } from '../words/words'

/** `GEZD GNBV …`: for people who type. */
export function inFours(key: string): string {
  return key.replace(/(.{4})(?=.)/g, '$1 ')
}

/** The kinds of codes that are not every site's, as people know them. */
const kinds: Record<string, string> = { hotp: 'HOTP', steam: 'Steam', yaotp: 'Yandex', motp: 'mOTP' }

/** What besides the key must be set, where it is not what every site has: by the
 *  names of the fields in which it is typed. */
export function recipeOf(uri: string): string {
  const [kind = '', query = ''] = uri.replace(/^otpauth:\/\//, '').split('?')
  const said = new URLSearchParams(query)
  const parts = [kinds[kind.split(/[/:]/)[0] ?? ''] ?? '']
  const usual: Record<string, string> = { algorithm: 'SHA1', digits: '6', period: '30' }
  for (const [name, value] of said) {
    if (name === 'counter' || (name in usual && usual[name] !== value)) parts.push(`${field(name)} ${value}`)
  }
  return parts.filter(Boolean).join(' · ')
}

function field(name: string): string {
  switch (name) {
    case 'algorithm':
      return t('app.manual.algorithm')
    case 'digits':
      return t('app.manual.digits')
    case 'period':
      return t('app.manual.period')
    default:
      return t('app.manual.counter')
  }
}
