/** A recovery key among other words: a saved file or a printed page has more on it. */
const group = String.raw`[0-9A-Za-z]{5}`
const key = new RegExp(String.raw`(?<![0-9A-Za-z])${group}(?:[\s\p{Dash}]+${group}){7}(?![0-9A-Za-z])`, 'u')

/** The part of a text that looks like a recovery key; all of it if nothing does. */
export function keyIn(text: string): string {
  return key.exec(text.normalize('NFKC'))?.[0] ?? text
}
