/** All messages of a language: they come as their own file when first needed. */
import type { Language } from '../store/vault'
import type { Words } from './words'

type File = { default: Record<string, string> }

const files: Record<Language, () => Promise<[File, File, File]>> = {
  en: () => Promise.all([import('../../../ui/messages/en/app.json'), import('../../../ui/messages/en/lock.json'), import('../../../ui/messages/en/time.json')]),
  ja: () => Promise.all([import('../../../ui/messages/ja/app.json'), import('../../../ui/messages/ja/lock.json'), import('../../../ui/messages/ja/time.json')]),
}

export async function loadWords(lang: Language): Promise<Words> {
  const [app, lock, time] = await files[lang]()
  return { ...family('app', app), ...family('lock', lock), ...family('time', time) }
}

function family(name: string, file: File): Words {
  return Object.fromEntries(Object.entries(file.default).map(([key, text]) => [`${name}.${key}`, text]))
}
