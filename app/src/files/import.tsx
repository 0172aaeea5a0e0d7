/** The import: hand over what the other app exported, open it, look at it, take
 *  it over, and take it back if it was not what was meant. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { Frame } from '../shell/frame'
import { Icon } from '../shell/icon'
import { LinkLine } from '../shell/line'
import { go } from '../shell/router'
import { toast } from '../shell/toast'
import { t } from '../words/words'
import { StepTitle, TroubleNote, WorkCard } from './parts'
import { Preview } from './preview'
import { nameOf, type Trouble } from './said'
import { cancel, open, startOver, step, takeFiles, takeText, undo, type Lock, type Step } from './visit'

export function ImportScreen() {
  const dragging = useDropsAndPastes()
  return (
    <Frame title={t('files.import.title')} from="files">
      <div class={dragging ? 'import stack over' : 'import stack'}>
        <Now step={step.value} />
      </div>
      {dragging && (
        <p class="drop-here" role="status">
          <Icon name="i-download" look="i-l" />
          {t('files.drop')}
        </p>
      )}
    </Frame>
  )
}

function Now({ step: now }: { step: Step }) {
  switch (now.at) {
    case 'choose':
      return <Choose trouble={now.trouble} />
    case 'work':
      return <WorkCard title={t('files.work.title')} text={now.sealed ? t('files.work.text') : ''} done={now.done} total={now.total} cancel={cancel} />
    case 'password':
      return <Password lock={now.lock} tried={now.tried} wrong={now.wrong} />
    case 'preview':
      return <Preview found={now.found} trouble={now.trouble} />
    case 'done':
      return <Done receipt={now.receipt} when={now.when} />
  }
}

function Choose({ trouble }: { trouble: Trouble | undefined }) {
  return (
    <>
      <TroubleNote trouble={trouble} />
      <p class="lead">{t('files.choose.lead')}</p>
      <section class="card stack center drop">
        <ChooseFiles look="primary tall" icon="i-download" label={t('files.choose.file')} />
        <p class="small">{t('files.choose.drop')}</p>
      </section>
      <div class="group">
        <LinkLine to="files/scan?more" icon="i-scan" title={t('files.choose.camera')} text={t('files.choose.camera.text')} />
      </div>
      <PasteText />
      <h2 class="group-title">{t('files.choose.noexport')}</h2>
      <div class="group">
        <LinkLine to="files/authy" icon="i-block" title={t('files.authy.title')} text={t('files.noexport.open')} />
        <LinkLine to="files/microsoft" icon="i-block" title={t('files.microsoft.title')} text={t('files.noexport.open')} />
        <LinkLine to="files/apps" icon="i-apps" title={t('files.hub.apps')} />
      </div>
      <p class="tiny">{t('files.choose.private')}</p>
    </>
  )
}

/** A button that opens the browser's own choice of files. */
export function ChooseFiles({ look, icon, label }: { look: string; icon: string; label: string }) {
  const input = useRef<HTMLInputElement>(null)
  const chosen = (event: Event) => {
    const field = event.currentTarget as HTMLInputElement
    const files = [...(field.files ?? [])]
    field.value = '' // the same file may be chosen again
    void takeFiles(files)
  }
  return (
    <button class={`btn ${look}`} type="button" onClick={() => input.current?.click()}>
      <Icon name={icon} look="i-s" />
      {label}
      <input ref={input} type="file" multiple hidden onChange={chosen} onClick={(event) => event.stopPropagation()} />
    </button>
  )
}

function PasteText() {
  const empty = useSignal(false)
  const place = useRef<HTMLTextAreaElement>(null)
  const submit = (event: Event) => {
    event.preventDefault()
    const text = place.current?.value ?? ''
    empty.value = text.trim() === ''
    if (empty.value) place.current?.focus()
    else void takeText(text)
  }
  return (
    <details class="more">
      <summary>{t('files.choose.text')}</summary>
      <form class="stack" onSubmit={submit} noValidate>
        <div class="field">
          <label for="import-text">{t('files.choose.text.label')}</label>
          <textarea
            id="import-text"
            class="mono"
            ref={place}
            rows={5}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            aria-invalid={empty.value}
            aria-describedby="import-text-error"
            onInput={() => (empty.value = false)}
          />
          <p class="error" id="import-text-error" role="alert">
            {empty.value ? t('files.choose.text.empty') : ''}
          </p>
        </div>
        <button class="btn self-start" type="submit">
          {t('files.choose.text.go')}
        </button>
      </form>
    </details>
  )
}

/** What was typed stays: a mistake in a recovery key is mended, a wrong password is typed over. */
function Password({ lock, tried, wrong }: { lock: Lock; tried: string | undefined; wrong: string | undefined }) {
  const keyed = lock.format.id === 'backup' // a recovery key opens it
  const said = useSignal(wrong)
  const place = useRef<HTMLInputElement>(null)
  useEffect(() => {
    said.value = wrong
    if (!wrong) return
    place.current?.focus()
    if (!keyed) place.current?.select()
  }, [said, wrong, keyed])
  const submit = (event: Event) => {
    event.preventDefault()
    const password = place.current?.value ?? ''
    if (password !== '') void open(password)
    else {
      said.value = t('files.password.empty')
      place.current?.focus()
    }
  }
  return (
    <form class="card stack" onSubmit={submit} noValidate>
      <StepTitle>{t('files.password.title')}</StepTitle>
      <p>{t(keyed ? 'files.password.backup' : 'files.password.lead', { format: nameOf(lock.format) })}</p>
      <div class="field">
        <label for="import-password">{t(keyed ? 'files.password.key' : 'files.password.label')}</label>
        <PasswordInput id="import-password" field={place} before={tried} about="import-password-error" wrong={said.value !== undefined} typed={() => (said.value = undefined)} />
        <p class="error" id="import-password-error" role="alert">
          {said.value ?? ''}
        </p>
      </div>
      <p class="small">{costWords(lock)}</p>
      <div class="btns">
        <button class="btn" type="button" onClick={() => startOver()}>
          {t('app.cancel')}
        </button>
        <button class="btn primary" type="submit">
          {t('files.password.open')}
        </button>
      </div>
    </form>
  )
}

/** A browser takes several times as long as an ordinary program. */
function costWords({ seconds, memory }: Lock): string {
  return t('files.password.cost', { seconds: Math.max(1, Math.round(seconds * 4)), memory: Math.max(1, Math.ceil(memory / (1 << 20))) })
}

type PasswordInputProps = {
  id: string
  field: { current: HTMLInputElement | null }
  about: string
  /** What stands in it at first. */
  before?: string | undefined
  wrong: boolean
  typed: (password: string) => void
}

/** A field for a password that can be looked at. */
export function PasswordInput({ id, field, about, before, wrong, typed }: PasswordInputProps) {
  const seen = useSignal(false)
  const shared = {
    id,
    ref: field,
    defaultValue: before,
    autocomplete: 'off',
    autocapitalize: 'none' as const,
    spellcheck: false,
    'aria-invalid': wrong,
    'aria-describedby': about,
    onInput: (event: Event) => typed((event.currentTarget as HTMLInputElement).value),
  }
  return (
    <div class="with-btn">
      {seen.value ? <input {...shared} type="text" /> : <input {...shared} type="password" />}
      <button class="icon-btn" type="button" aria-pressed={seen.value} onClick={() => (seen.value = !seen.value)}>
        <Icon name="i-eye" />
        <span class="vh">{t('files.password.show')}</span>
      </button>
    </div>
  )
}

type DoneProps = Pick<Extract<Step, { at: 'done' }>, 'receipt' | 'when'>

function Done({ receipt, when }: DoneProps) {
  const busy = useSignal(false)
  const { added, filled, replaced, skipped } = receipt
  const takeBack = async () => {
    if (busy.value) return
    busy.value = true
    const undone = await undo(when)
    if (undone) go('')
    toast(undone ? t('files.done.undone') : t('files.done.since'))
    busy.value = false
  }
  return (
    <section class="card stack">
      <Icon name="i-check" look="i-l" />
      <StepTitle>{t('files.done.title', { n: added + filled + replaced })}</StepTitle>
      <p>{t('files.done.text', { added, filled, replaced, skipped })}</p>
      <p class="small">{t('files.done.check')}</p>
      <a class="btn primary" href="#">
        {t('files.done.list')}
      </a>
      {added + filled + replaced > 0 && when > 0 && (
        <button class="btn" type="button" aria-disabled={busy.value} onClick={() => void takeBack()}>
          <Icon name="i-restore" look="i-s" />
          {t('files.done.undo')}
        </button>
      )}
    </section>
  )
}

/** Files that are dropped anywhere, files and texts that are pasted anywhere but
 *  into a field. True while something is dragged over the window. */
function useDropsAndPastes(): boolean {
  const dragging = useSignal(false)
  useEffect(() => {
    const over = (event: DragEvent) => {
      event.preventDefault()
      dragging.value = true
    }
    const out = (event: DragEvent) => {
      if (event.relatedTarget === null) dragging.value = false
    }
    const drop = (event: DragEvent) => {
      event.preventDefault()
      dragging.value = false
      const text = event.dataTransfer?.getData('text/plain')
      const files = [...(event.dataTransfer?.files ?? [])]
      if (files.length > 0) void takeFiles(files)
      else if (text) void takeText(text)
    }
    const paste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])]
      const text = event.clipboardData?.getData('text/plain')
      if (files.length > 0) void takeFiles(files)
      else if (text && !isField(event.target)) void takeText(text)
    }
    addEventListener('dragover', over)
    addEventListener('dragleave', out)
    addEventListener('drop', drop)
    addEventListener('paste', paste)
    return () => {
      removeEventListener('dragover', over)
      removeEventListener('dragleave', out)
      removeEventListener('drop', drop)
      removeEventListener('paste', paste)
    }
  }, [dragging])
  return dragging.value
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement
}
