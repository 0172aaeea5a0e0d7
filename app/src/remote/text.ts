/** A server's text, safe to stand beside our own words: no controls, no change
 *  of writing direction, no invisible symbols, one line, not endless. */
export function calm(text: string, most = 120): string {
  const shown = text
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Cn}]/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
  const symbols = [...shown]
  return symbols.length > most ? symbols.slice(0, most - 1).join('') + '…' : shown
}
