/** The mark of an account: a letter, a tint by the issuer's name, a shape by
 *  its kind – never colour alone. */
import type { Draw } from '../start/draw'
import type { Entry } from '../store/vault'

const tints = ['moss', 'sea', 'clay', 'indigo', 'plum', 'straw'] as const

/** One of the six tints; the same name always gets the same. */
export function tintOf(issuer: string): string {
  let sum = 0
  for (const sign of issuer) sum = (sum * 31 + (sign.codePointAt(0) ?? 0)) % 65_521
  return tints[sum % tints.length] ?? tints[0]
}

/** What an account is called: its issuer, or the name if it has no issuer. */
export function titleOf(entry: Pick<Entry, 'issuer' | 'name'>): string {
  return entry.issuer || entry.name
}

export function drawMark<N>(draw: Draw<N>, entry: Pick<Entry, 'kind' | 'issuer' | 'name'>, look = ''): N {
  const title = titleOf(entry)
  const letter = [...title.trim()][0]?.toLocaleUpperCase() ?? '?'
  const shape = entry.kind === 'other' ? '' : entry.kind
  const names = ['mark', tintOf(title), shape, look].filter(Boolean).join(' ')
  return draw('span', { class: names, 'aria-hidden': 'true' }, letter)
}
