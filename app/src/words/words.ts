/** What the app says. Messages lie in `ui/messages`; their format is a subset
 *  of ICU MessageFormat: `{name}`, and `{n, plural, =0 {…} one {…} other {…}}`
 *  with `#` for the number. `{here}` is the word for what the app runs on. The
 *  first paint brings the few messages it needs; the rest come with the app. */
import type { Key, Messages } from '../../../ui/messages/keys.gen'
import type { Language } from '../store/vault'
import { device } from './here'

export type { Key }

/** What a message wants to be given. */
type Wants<K extends Key> = keyof Messages[K] extends never ? [] : [Messages[K]]

type Args = Readonly<Record<string, string | number>>

/** Messages by key. */
export type Words = Readonly<Record<string, string>>

/** The languages there are, each under the name it has for itself. */
export const languages: Record<Language, string> = { en: 'English', ja: '日本語' }

let spoken: Language = 'en'
let known: Words = {}

/** The language `t` speaks. */
export function language(): Language {
  return spoken
}

/** From now on `t` speaks this language. */
export function speak(lang: Language, words: Words): void {
  spoken = lang
  known = words
  document.documentElement.lang = lang
}

/** The language to begin with: the person's choice, else the first of the
 *  browser's that we speak. */
export function preferred(choice: Language | undefined): Language {
  if (choice) return choice
  for (const tag of navigator.languages) {
    if (tag.startsWith('ja')) return 'ja'
    if (tag.startsWith('en')) return 'en'
  }
  return 'en'
}

/** The message in the language that is spoken. A message that does not exist
 *  comes back as its key. */
export function t<K extends Key>(key: K, ...[args]: Wants<K>): string {
  const text = known[key]
  return text === undefined ? key : fill(text, { here: known[`app.list.here.${device()}`] ?? '', ...args }, spoken)
}

/** Fills the places of one message. */
export function fill(text: string, args: Args, lang: Language): string {
  let out = ''
  for (let i = 0; i < text.length; ) {
    if (text[i] !== '{') {
      out += text[i++]
      continue
    }
    const end = closing(text, i)
    out += hole(text.slice(i + 1, end), args, lang)
    i = end + 1
  }
  return out
}

/** One `{…}`, without its braces. */
function hole(inner: string, args: Args, lang: Language): string {
  const [name = '', kind, ...rest] = inner.split(',')
  const value = args[name.trim()]
  if (kind?.trim() !== 'plural') return value === undefined ? `{${inner}}` : String(value)
  const branches = branchesOf(rest.join(','))
  const branch = branches.get(`=${value}`) ?? (value === 1 && lang !== 'ja' && branches.get('one')) ?? ''
  return fill((branch || branches.get('other') || '').replaceAll('#', String(value)), args, lang)
}

/** The branches of a plural by their word. */
function branchesOf(text: string): Map<string, string> {
  const branches = new Map<string, string>()
  for (let open = text.indexOf('{'); open >= 0; open = text.indexOf('{')) {
    const end = closing(text, open)
    branches.set(text.slice(0, open).trim(), text.slice(open + 1, end))
    text = text.slice(end + 1)
  }
  return branches
}

/** Where the brace that opens at `open` closes. */
function closing(text: string, open: number): number {
  let depth = 0
  for (let i = open; i < text.length; i++) {
    if (text[i] === '{') depth++
    if (text[i] === '}' && --depth === 0) return i
  }
  return text.length
}
