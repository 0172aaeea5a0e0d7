/** The form in which an account is changed: what stands in it, and what it changes. */
import type { Edit } from '../core/ops'
import type { Entry } from '../store/vault'
import { chosenMark, iconOf } from './mark'

/** What stands in the form. */
export type Fields = { issuer: string; name: string; note: string; tags: string; letters: string; tint: string }

export function fieldsOf(entry: Entry): Fields {
  const { tint = '', letters = '' } = chosenMark(entry.icon)
  const { issuer, name, note, tags = [] } = entry
  return { issuer, name, note, tags: tags.join(', '), letters, tint }
}

/** Tags as they are typed: with commas between them, those of Japanese too. */
export function tagsIn(text: string): string[] {
  const all = text.split(/[,、，]/).map((tag) => tag.trim())
  return [...new Set(all.filter(Boolean))]
}

/** What is to change, and nothing else. */
export function editOf(entry: Entry, fields: Fields): Edit {
  const edit: Edit = { id: entry.id }
  const tags = tagsIn(fields.tags)
  const icon = iconOf({ tint: fields.tint, letters: fields.letters.trim() })
  if (!entry.server && fields.issuer.trim() !== entry.issuer) edit.issuer = fields.issuer.trim()
  if (fields.name.trim() !== entry.name) edit.name = fields.name.trim()
  if (fields.note.trim() !== entry.note) edit.note = fields.note.trim()
  if (tags.join('\n') !== (entry.tags ?? []).join('\n')) edit.tags = tags
  if (icon !== iconOf(chosenMark(entry.icon))) edit.icon = icon
  return edit
}
