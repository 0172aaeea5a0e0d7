/** The code that is typed when no camera can see the QR: random symbols and
 *  one check symbol over all, in groups of four. Crockford's alphabet:
 *  case does not matter, O is 0, I and L are 1. */

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** How many symbols the setup code of a pairing has. */
const pairing = 16
const group = 4

/** What became of a typed code. `groups` are the groups (from 1) in which a
 *  symbol stands that no code has; none are named when only the check is off. */
export type Typed =
  | { ok: true; code: string }
  | { ok: false; why: 'empty' | 'short' | 'long' | 'mistyped'; groups: number[] }

/** Reads what was typed, a code of so many symbols. `code` has no hyphens: as it is sent and signed. */
export function readCode(text: string, length = pairing): Typed {
  const code = normalise(text)
  if (code === '') return { ok: false, why: 'empty', groups: [] }
  const groups = foreignGroups(code.slice(0, length))
  if (groups.length > 0) return { ok: false, why: 'mistyped', groups }
  if (code.length < length) return { ok: false, why: 'short', groups: [] }
  if (code.length > length) return { ok: false, why: 'long', groups: [] }
  if (checkSymbol(code.slice(0, -1)) !== code.at(-1)) return { ok: false, why: 'mistyped', groups: [] }
  return { ok: true, code }
}

/** The same code as a person reads it: `ABCD-EFGH-JKMN-PQRS`. */
export function groupCode(text: string): string {
  return (normalise(text).match(/.{1,4}/gsu) ?? []).join('-')
}

/** The last symbol. Each symbol stands for an element of GF(32), five bits
 *  of a polynomial modulo x⁵+x²+1, and weighs a different power of x: every
 *  single wrong symbol and every swap of two is noticed. */
export function checkSymbol(symbols: string): string {
  let check = 0
  for (const symbol of symbols) check = double(check ^ alphabet.indexOf(symbol))
  return alphabet.charAt(check)
}

function double(value: number): number {
  return value < 16 ? value << 1 : (value << 1) ^ 0b100101
}

function normalise(text: string): string {
  return text
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\p{Dash}ー]/gu, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1')
}

function foreignGroups(code: string): number[] {
  const groups = new Set<number>()
  for (const [i, symbol] of [...code].entries()) {
    if (!alphabet.includes(symbol)) groups.add(Math.floor(i / group) + 1)
  }
  return [...groups]
}
