/** How an account came to be as it is, and the way back to what it was. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { loadCore } from '../core/plug'
import { Icon } from '../shell/icon'
import { Dialog } from '../shell/sheets'
import type { Entry } from '../store/vault'
import { when } from '../words/when'
import { t } from '../words/words'
import { deed, wordsOf } from './deeds'
import { titleOf } from './mark'
import { backTo, stepsOf, type Step } from './past'

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
