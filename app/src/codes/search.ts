/** Finding accounts by what a person types: the same rules as the core's
 *  (`internal/authenticator/list.go`), held to the same vectors. It is done here,
 *  because an answer is wanted with every key. */
import type { Entry } from '../store/vault'

/** The accounts in which every word of the query stands somewhere: in issuer,
 *  name, note, tags or host. */
export function search(entries: readonly Entry[], query: string): readonly Entry[] {
  const words = fold(query).split(/\s+/).filter(Boolean)
  if (words.length === 0) return entries
  return entries.filter((entry) => {
    const text = textOf(entry)
    return words.every((word) => text.includes(word))
  })
}

const texts = new WeakMap<Entry, string>()

function textOf(entry: Entry): string {
  let text = texts.get(entry)
  if (text === undefined) {
    const { issuer, name, note, tags = [], server } = entry
    text = fold([issuer, name, note, ...tags, server?.host ?? ''].join(' '))
    texts.set(entry, text)
  }
  return text
}

/** Makes texts alike that people take for alike: upper and lower case, full and
 *  half width, hiragana and katakana. */
export function fold(text: string): string {
  if (isPlain(text)) return text.toLowerCase()
  const out: string[] = []
  for (const sign of text) {
    const c = wide(sign)
    const joined = joinMark(out.at(-1), c)
    if (joined === undefined) out.push(hiragana(c.toLowerCase()))
    else out[out.length - 1] = joined
  }
  return out.join('')
}

/** ASCII folds by itself, and most is. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return false
  return true
}

/** The half-width forms from U+FF66 to U+FF9F in order. */
const halfKana = 'ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン゛゜'

/** The ordinary form of half-width kana, of full-width letters, and of the voiced
 *  sound marks that join what stands before them. */
function wide(sign: string): string {
  const c = sign.codePointAt(0) ?? 0
  if (c >= 0xff01 && c <= 0xff5e) return String.fromCharCode(c - 0xff01 + 0x21)
  if (c >= 0xff66 && c <= 0xff9f) return halfKana[c - 0xff66] ?? sign
  if (c === 0x3099) return '゛'
  if (c === 0x309a) return '゜'
  return c === 0x3000 ? ' ' : sign
}

function hiragana(sign: string): string {
  return sign >= 'ァ' && sign <= 'ヶ' ? String.fromCharCode(sign.charCodeAt(0) - 0x60) : sign
}

/** A kana with the voiced sound mark that follows it, if the two make one. */
function joinMark(kana: string | undefined, mark: string): string | undefined {
  if (kana === undefined || (mark !== '゛' && mark !== '゜')) return undefined
  if (mark === '゛' && kana === 'う') return 'ゔ'
  const takes = mark === '゛' ? 'かきくけこさしすせそたちつてとはひふへほ' : 'はひふへほ'
  return takes.includes(kana) ? String.fromCharCode(kana.charCodeAt(0) + (mark === '゛' ? 1 : 2)) : undefined
}
