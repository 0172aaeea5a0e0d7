/** What stands on paper beside a QR code. */

/** `GEZD GNBV …`: for people who type. */
export function inFours(key: string): string {
  return key.replace(/(.{4})(?=.)/g, '$1 ')
}

/** What besides the key must be set, where it is not what every site has. */
export function recipeOf(uri: string): string {
  const [kind = '', query = ''] = uri.replace(/^otpauth:\/\//, '').split('?')
  const said = new URLSearchParams(query)
  const parts = [kind.startsWith('totp/') ? '' : (kind.split(/[/:]/)[0] ?? '').toUpperCase()]
  const usual: Record<string, string> = { algorithm: 'SHA1', digits: '6', period: '30' }
  for (const [name, value] of said) {
    if (name === 'counter' || (name in usual && usual[name] !== value)) parts.push(`${name} ${value}`)
  }
  return parts.filter(Boolean).join(' · ')
}
