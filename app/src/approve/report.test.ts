import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Language } from '../store/vault'
import { speak } from '../words/words'
import { reportedLead, reportWhat } from './report'

function words(lang: Language): Record<string, string> {
  const file = new URL(`../../../ui/messages/${lang}/app.json`, import.meta.url)
  const texts = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [`app.${key}`, text]))
}

test.each(['en', 'ja'] as const)('in %s an organisation hears of a report, a personal directory does not', (lang) => {
  speak(lang, words(lang))
  for (const said of [reportWhat, reportedLead]) {
    expect(said({ kind: 'organization', directory: 'Aoba Works' })).toContain('Aoba Works')
    expect(said({ kind: 'personal', directory: 'Home' })).not.toMatch(/Home|hears|told|報告/)
  }
})
