/** All messages of a language: they come as their own file when first needed. */
import type { Language } from '../store/vault'
import type { Words } from './words'

type File = { default: Record<string, string> }

const families: Record<Language, Record<string, () => Promise<File>>> = {
  en: {
    app: () => import('../../../ui/messages/en/app.json'),
    backup: () => import('../../../ui/messages/en/backup.json'),
    files: () => import('../../../ui/messages/en/files.json'),
    help: () => import('../../../ui/messages/en/help.json'),
    lock: () => import('../../../ui/messages/en/lock.json'),
    move: () => import('../../../ui/messages/en/move.json'),
    recover: () => import('../../../ui/messages/en/recover.json'),
    time: () => import('../../../ui/messages/en/time.json'),
    transfer: () => import('../../../ui/messages/en/transfer.json'),
  },
  ja: {
    app: () => import('../../../ui/messages/ja/app.json'),
    backup: () => import('../../../ui/messages/ja/backup.json'),
    files: () => import('../../../ui/messages/ja/files.json'),
    help: () => import('../../../ui/messages/ja/help.json'),
    lock: () => import('../../../ui/messages/ja/lock.json'),
    move: () => import('../../../ui/messages/ja/move.json'),
    recover: () => import('../../../ui/messages/ja/recover.json'),
    time: () => import('../../../ui/messages/ja/time.json'),
    transfer: () => import('../../../ui/messages/ja/transfer.json'),
  },
}

export async function loadWords(lang: Language): Promise<Words> {
  const all = Object.entries(families[lang]).map(async ([name, load]) => family(name, await load()))
  return Object.assign({}, ...(await Promise.all(all))) as Words
}

function family(name: string, file: File): Words {
  return Object.fromEntries(Object.entries(file.default).map(([key, text]) => [`${name}.${key}`, text]))
}
