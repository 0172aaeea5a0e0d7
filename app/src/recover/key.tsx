/** The recovery key: typed, from a file, or seen by the camera. */
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { OtherWays, SeenKey, TypedKey } from '../backup/typedkey'
import { back } from '../shell/router'
import { t } from '../words/words'
import { closed, problem, takeOlder, unlock, working } from './opening'
import { Page, ProblemNote } from './parts'

export function KeyForm() {
  const typed = useSignal('')
  const field = useRef<HTMLTextAreaElement>(null)
  const open = async (text: string) => {
    if (await unlock(async () => ({ typed: text }))) back('recover')
    else field.current?.focus()
  }
  const submit = (event: Event) => {
    event.preventDefault()
    void open(typed.value)
  }
  const older = async () => {
    if (await takeOlder()) await open(typed.value)
  }
  const took = (key: string) => {
    typed.value = key
    void open(key)
  }
  return (
    <Page at="unlock" from="recover">
      <div class="stack">
        <h2 class="title big">{t('recover.key.title')}</h2>
        <p class="lead">{t('recover.key.lead')}</p>
      </div>
      <form class="stack" onSubmit={submit} noValidate>
        <TypedKey
          id="recovery-key"
          label={t('recover.way.key')}
          hint={t('recover.key.hint')}
          typed={typed}
          field={field}
          wrong={problem.value !== undefined}
          error="recovery-key-error"
        />
        <div id="recovery-key-error">
          <ProblemNote older={() => void older()} />
        </div>
        <button class="btn primary wide tall" type="submit" aria-disabled={working.value}>
          {label()}
        </button>
      </form>
      <OtherWays scan="recover/scan" took={took} />
    </Page>
  )
}

/** After a reload the backup is fetched first, and only then opened. */
function label(): string {
  if (!working.value) return t('recover.key.go')
  return closed.value ? t('recover.key.busy') : t('recover.key.fetching')
}

/** The camera on the printed page. */
export function KeyScan() {
  const open = async (key: string) => {
    if (!(await unlock(async () => ({ typed: key })))) return problem.value?.words ?? ''
    back('recover')
    return undefined
  }
  return <SeenKey open={open} type="recover/key" from="recover" />
}
