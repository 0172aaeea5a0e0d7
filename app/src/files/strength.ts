/** How hard a password is to guess, roughly: enough to say "make it longer",
 *  never enough to promise anything. */

export type Strength = 'none' | 'weak' | 'fair' | 'strong'

/** What people who guess try first; each counts as one sign. */
const first = ['password', 'passwort', 'countersign', 'authenticator', 'qwerty', 'letmein', 'abc', '123', '456', '789', '000', '111']

/** Bits from which a guess takes a good computer years behind the file's scrypt, and from which centuries. */
const [fair, strong] = [40, 65]

export function strengthOf(password: string): Strength {
  if (password === '') return 'none'
  const bits = effectiveLength(password) * Math.log2(alphabet(password))
  if (bits < fair) return 'weak'
  return bits < strong ? 'fair' : 'strong'
}

/** How many signs there are, without repetitions, runs and what everybody tries. */
function effectiveLength(password: string): number {
  let rest = password.toLowerCase()
  for (const word of first) rest = rest.replaceAll(word, word.slice(0, 1))
  const signs = [...rest].map((sign) => sign.codePointAt(0) ?? 0)
  const fresh = signs.filter((sign, i) => i === 0 || Math.abs(sign - (signs[i - 1] ?? 0)) > 1)
  return Math.min(fresh.length, new Set(signs).size * 2.5)
}

/** How many signs each place of it is drawn from. Letters of words count little. */
function alphabet(password: string): number {
  let size = 0
  if (/[a-z]/.test(password)) size += 14
  if (/[A-Z]/.test(password)) size += 14
  if (/\d/.test(password)) size += 10
  if (/[ -/:-@[-`{-~]/.test(password)) size += 12
  if (/[^ -~]/.test(password)) size += 80
  return Math.max(size, 2)
}
