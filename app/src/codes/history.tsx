/** How an account came to be as it is, and the way back to what it was. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Edit, Revision } from '../core/ops'
import { loadCore } from '../core/plug'
import { Icon } from '../shell/icon'
import { Dialog } from '../shell/sheets'
import type { Entry } from '../store/vault'
import { when } from '../words/when'
import { t } from '../words/words'
import { deed, wordsOf } from './deeds'
import { titleOf } from './mark'

/** Something that was done to an account: in words, when, and what it was then. */
export type Step = { at: number; device: string; words: string[]; was: Entry }

export function HistorySheet({ entry, close }: { entry: Entry; close: () => void }) {
  const steps = useSignal<Step[] | undefined>(undefined)
  const trouble = useSignal('')
  useEffect(() => {
    const read = async () => {
      const { result } = await (await loadCore()).ask('history', { id: entry.id })
      steps.value = stepsOf(result)
    }
    void read().catch((thrown: unknown) => (trouble.value = wordsOf(thrown)))
  }, [entry.id])
  const restore = async ({ was }: Step) => {
    if (await deed('edit', backTo(entry, was), t('app.history.done', { name: titleOf(entry) }))) close()
  }
  return (
    <Dialog title={t('app.account.history')} close={close}>
      <p class="small">{titleOf(entry)}</p>
      {trouble.value && (
        <p class="note caution" role="alert">
          {trouble.value}
        </p>
      )}
      <ol class="timeline" aria-busy={steps.value === undefined && !trouble.value}>
        {steps.value?.map((step) => <Line key={step.at} step={step} now={entry} restore={() => void restore(step)} />)}
      </ol>
    </Dialog>
  )
}

function Line({ step, now, restore }: { step: Step; now: Entry; restore: () => void }) {
  const moment = when(new Date(step.at))
  return (
    <li>
      <span class="pip">
        <Icon name="i-clock" />
      </span>
      <div>
        {step.words.map((words) => (
          <p key={words}>{words}</p>
        ))}
        {step.device && <p class="tiny">{step.device}</p>}
        {Object.keys(backTo(now, step.was)).length > 1 && (
          <button class="btn sm quiet flush" type="button" onClick={restore}>
            {t('app.history.back')}
            <span class="vh">{moment}</span>
          </button>
        )}
      </div>
      <time>{moment}</time>
    </li>
  )
}

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
