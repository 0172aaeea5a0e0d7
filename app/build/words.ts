/** The messages that the first paint needs, in every language, as one module:
 *  the keys of the family `app` that begin with `list.`. */
import { readFileSync } from 'node:fs'
import type { Plugin } from 'vite'

const name = 'virtual:start-words'

export const languages = ['en', 'ja'] as const

type Messages = Record<string, string>

/** One family of messages as it lies in `ui/messages`. */
export function messages(lang: string, family = 'app'): Messages {
  return JSON.parse(readFileSync(file(lang, family), 'utf8')) as Messages
}

export function startWords(): Plugin {
  return {
    name: 'start-words',
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load(id) {
      if (id !== `\0${name}`) return undefined
      for (const lang of languages) this.addWatchFile(file(lang, 'app'))
      return `export default ${JSON.stringify(Object.fromEntries(languages.map((lang) => [lang, early(lang)])))}`
    },
  }
}

function early(lang: string): Messages {
  const all = Object.entries(messages(lang)).filter(([key]) => key.startsWith('list.'))
  return Object.fromEntries(all.map(([key, text]) => [`app.${key}`, text]))
}

function file(lang: string, family: string): string {
  return new URL(`../../ui/messages/${lang}/${family}.json`, import.meta.url).pathname
}
