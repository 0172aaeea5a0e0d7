/** The mark of an account: a letter, a tint by the issuer's name, a shape by
 *  its kind – never colour alone. An organisation that has a logo is known by
 *  that, unless the person chose a mark of their own. */
import type { Draw } from '../start/draw'
import type { Entry } from '../store/vault'
import { logoOf } from './logos'

export const tints = ['moss', 'sea', 'clay', 'indigo', 'plum', 'straw'] as const

type Named = Pick<Entry, 'issuer' | 'name' | 'icon'>

/** What a person chose for the mark; what is absent follows from the name. It is
 *  kept as `mark:TINT:LETTERS`, either of which may be empty. */
export type Chosen = { tint?: string; letters?: string }

export function chosenMark(icon: string | undefined): Chosen {
  const [kind, tint = '', ...letters] = (icon ?? '').split(':')
  if (kind !== 'mark') return {}
  const text = letters.join(':')
  return { ...(tints.some((name) => name === tint) && { tint }), ...(text && { letters: text }) }
}

/** The name under which a choice is kept; empty for no choice. */
export function iconOf({ tint = '', letters = '' }: Chosen): string {
  return tint || letters ? `mark:${tint}:${letters}` : ''
}

/** One of the six tints; the same name always gets the same. */
export function tintOf(entry: Named): string {
  const { tint } = chosenMark(entry.icon)
  if (tint !== undefined) return tint
  let sum = 0
  for (const sign of titleOf(entry)) sum = (sum * 31 + (sign.codePointAt(0) ?? 0)) % 65_521
  return tints[sum % tints.length] ?? tints[0]
}

/** What an account is called: its issuer, or the name if it has no issuer. */
export function titleOf(entry: Pick<Entry, 'issuer' | 'name'>): string {
  return entry.issuer || entry.name
}

/** Two letters at most, or the first one of the name. */
export function lettersOf(entry: Named): string {
  const { letters } = chosenMark(entry.icon)
  if (letters !== undefined) return [...letters].slice(0, 2).join('')
  return [...titleOf(entry).trim()][0]?.toLocaleUpperCase() ?? '?'
}

/** Under what name an account is there. An organisation stands before it where the
 *  account is called otherwise. */
export function whoOf({ issuer, name, server }: Pick<Entry, 'issuer' | 'name' | 'server'>): string {
  if (!issuer) return ''
  const { kind, name: organisation } = server?.directory ?? { kind: '', name: '' }
  return kind === 'organization' && organisation !== issuer ? `${organisation} · ${name}` : name
}

export function drawMark<N>(draw: Draw<N>, entry: Named & Pick<Entry, 'kind' | 'server'>, look = ''): N {
  const shape = entry.kind === 'other' ? '' : entry.kind
  const names = ['mark', tintOf(entry), shape, look].filter(Boolean).join(' ')
  const logo = entry.icon ? undefined : logoOf(entry.server)
  const picture = logo ? draw('img', { src: logo.src, alt: '', decoding: 'sync' }) : lettersOf(entry)
  return draw('span', { class: names, 'aria-hidden': 'true' }, picture)
}
