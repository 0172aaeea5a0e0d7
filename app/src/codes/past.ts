/** The past of an account: what was done to it, in words, and the way back. */
import type { Edit, Revision } from '../core/ops'
import type { Entry } from '../store/vault'
import { t } from '../words/words'

/** Something that was done to an account: in words, when, and what it was then. */
export type Step = { at: number; device: string; words: string[]; was: Entry }

/** What was done, the latest first. What only a counter or a server wrote is
 *  nothing that a person did. */
export function stepsOf(revisions: readonly Revision[]): Step[] {
  return revisions.flatMap(({ account, at, device }, i) => {
    const before = revisions[i + 1]?.account
    const words = before ? changes(before, account) : [t('app.history.added')]
    return words.length > 0 ? [{ at, device, words, was: account }] : []
  })
}

function changes(before: Entry, after: Entry): string[] {
  const all: string[] = []
  if (before.issuer !== after.issuer || before.name !== after.name) all.push(t('app.history.names', { before: full(before), after: full(after) }))
  if (before.note !== after.note) all.push(after.note ? t('app.history.note') : t('app.history.note.gone'))
  if (tagList(before) !== tagList(after)) all.push(tagList(after) ? t('app.history.tags', { tags: tagList(after) }) : t('app.history.tags.gone'))
  if ((before.icon ?? '') !== (after.icon ?? '')) all.push(t('app.history.picture'))
  if (before.pinned !== after.pinned) all.push(after.pinned ? t('app.history.pinned') : t('app.history.unpinned'))
  if (before.order !== after.order) all.push(t('app.history.moved'))
  if (recipe(before) !== recipe(after)) all.push(t('app.history.secret'))
  return all
}

function full({ issuer, name }: Entry): string {
  return issuer && name ? `${issuer} (${name})` : issuer || name
}

function tagList({ tags = [] }: Entry): string {
  return tags.join(', ')
}

function recipe({ type, secret, algorithm, digits, period, pin = '' }: Entry): string {
  return [type, secret, algorithm, digits, period, pin].join()
}

/** The edit that makes an account look as it did. What its codes are made from stays. */
export function backTo(now: Entry, was: Entry): Edit {
  const edit: Edit = { id: now.id }
  if (!now.server && was.issuer !== now.issuer) edit.issuer = was.issuer
  if (was.name !== now.name) edit.name = was.name
  if (was.note !== now.note) edit.note = was.note
  if (tagList(was) !== tagList(now)) edit.tags = was.tags ?? []
  if ((was.icon ?? '') !== (now.icon ?? '')) edit.icon = was.icon ?? ''
  return edit
}
