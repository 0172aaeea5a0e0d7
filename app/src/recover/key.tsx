/** The recovery key: typed, from a file, or seen by the camera. */
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { Finder } from '../add/scan'
import type { Remark } from '../add/arrive'
import { TypedKey } from '../backup/typedkey'
import { Icon } from '../shell/icon'
import { back, replace } from '../shell/router'
import { t } from '../words/words'
import { closed, problem, unlock, working } from './opening'
import { Page, ProblemNote } from './parts'
import { keyIn } from './paper'

/** A file with a recovery key is a page of text at most. */
const largest = 64 * 1024

export function KeyForm() {
  const typed = useSignal('')
  const field = useRef<HTMLTextAreaElement>(null)
  const file = useRef<HTMLInputElement>(null)
  const open = async (text: string) => {
    if (await unlock(async () => ({ typed: text }))) back('recover')
    else field.current?.focus()
  }
  const submit = (event: Event) => {
    event.preventDefault()
    void open(typed.value)
  }
  const chosen = async (event: Event) => {
    const input = event.currentTarget as HTMLInputElement
    const [one] = input.files ?? []
    input.value = '' // the same one may be chosen again
    if (!one) return
    typed.value = keyIn(one.size > largest ? '' : await one.text().catch(() => ''))
    await open(typed.value)
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
          <ProblemNote />
        </div>
        <button class="btn primary wide tall" type="submit" aria-disabled={working.value}>
          {label()}
        </button>
      </form>
      <div class="btns">
        <a class="btn" href="#recover/scan" data-instead>
          <Icon name="i-scan" look="i-s" />
          {t('recover.key.scan')}
        </a>
        <button class="btn" type="button" onClick={() => file.current?.click()}>
          <Icon name="i-download" look="i-s" />
          {t('recover.key.file')}
          <input ref={file} type="file" accept=".txt,text/plain" hidden onChange={(event) => void chosen(event)} onClick={(event) => event.stopPropagation()} />
        </button>
      </div>
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
  const hear = async (text: string): Promise<Remark | undefined> => {
    if (await unlock(async () => ({ typed: keyIn(text) }))) {
      back('recover')
      return undefined
    }
    return { title: t('recover.scan.not'), text: problem.value?.words ?? '' }
  }
  const ways = (
    <button class="btn" type="button" onClick={() => replace('recover/key')}>
      <Icon name="i-keyboard" look="i-s" />
      {t('recover.scan.type')}
    </button>
  )
  return <Finder title={t('recover.scan.title')} point={t('recover.scan.point')} hear={hear} ways={ways} from="recover" />
}

