/** Base32 (RFC 4648 §6) as people and sites write it: any case, with spaces,
 *  hyphens and padding or without. */

const symbols = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** What is wrong with a text that should be base32. `at` counts symbols from 1. */
export type Flaw = { why: 'empty' } | { why: 'symbol'; symbol: string; at: number } | { why: 'length' }

/** The text as we keep it: upper case, nothing but symbols and what does not belong. */
export function tidy(text: string): string {
  return text.replace(/[\s\-_=]/g, '').toUpperCase()
}

/** What is wrong with a key that somebody typed, or nothing. */
export function flaw(text: string): Flaw | undefined {
  const tidied = [...tidy(text)]
  if (tidied.length === 0) return { why: 'empty' }
  const at = tidied.findIndex((symbol) => !symbols.includes(symbol))
  if (at >= 0) return { why: 'symbol', symbol: tidied[at] ?? '', at: at + 1 }
  return [1, 3, 6].includes(tidied.length % 8) ? { why: 'length' } : undefined
}

/** The bytes of a tidied secret. Symbols that do not belong are passed over:
 *  what is kept was checked when it was added. */
export function decode(text: string): Uint8Array<ArrayBuffer> {
  const bytes: number[] = []
  let bits = 0
  let held = 0
  for (const symbol of tidy(text)) {
    const value = symbols.indexOf(symbol)
    if (value < 0) continue
    held = ((held << 5) | value) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push((held >> bits) & 0xff)
    }
  }
  return Uint8Array.from(bytes)
}

/** Base32 without padding. */
export function encode(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += symbols[(held >> bits) & 31]
    }
  }
  if (bits > 0) text += symbols[(held << (5 - bits)) & 31]
  return text
}
