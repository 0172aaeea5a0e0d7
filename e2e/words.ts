// The words a person reads, so that a journey can be played in either language.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Language } from './fixtures.ts'

const folder = join(import.meta.dirname, '../ui/messages')

export type Say = (key: string, values?: Record<string, string | number>) => string

const known = new Map<Language, Map<string, string>>()

/** The messages of a language. A plural takes its branch by the number given for it;
 *  *here* is a phone unless it is said otherwise. */
export function words(language: Language): Say {
  return (key, values = {}) => {
    const message = messages(language).get(key)
    if (message === undefined) throw new Error(`no message ${key} in ${language}`)
    return message
      .replace(/\{(\w+), plural, (.*?\})\}/g, (_, name: string, branches: string) => plural(language, branches, values[name]))
      .replace(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? (name === 'here' ? messages(language).get('app.list.here.phone') : hole)))
  }
}

function plural(language: Language, branches: string, n: string | number | undefined): string {
  const all = new Map([...branches.matchAll(/(=\d+|one|other) \{([^}]*)\}/g)].map((m) => [m[1], m[2] ?? '']))
  const chosen = all.get(`=${n}`) ?? (n === 1 && language === 'en' ? all.get('one') : undefined) ?? all.get('other') ?? ''
  return chosen.replaceAll('#', String(n))
}

/** All messages of a language by their whole key. */
export function messages(language: Language): ReadonlyMap<string, string> {
  let all = known.get(language)
  if (all === undefined) {
    all = new Map()
    for (const file of readdirSync(join(folder, language))) {
      const flat = JSON.parse(readFileSync(join(folder, language, file), 'utf8')) as Record<string, string>
      for (const [key, message] of Object.entries(flat)) all.set(`${file.replace('.json', '')}.${key}`, message)
    }
    known.set(language, all)
  }
  return all
}
