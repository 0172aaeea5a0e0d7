/** The export: a warning that says what it means, then a file, QR codes for
 *  another phone, or a page to print. */
import { useComputed, useSignal, type Signal } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { Exported } from '../core/core'
import { loadCore } from '../core/plug'
import { Frame } from '../shell/frame'
import { Icon } from '../shell/icon'
import { back } from '../shell/router'
import { t } from '../words/words'
import { PasswordInput } from './import'
import { maySecretsLeave } from './leave'
import { Paper } from './paper'
import { StepTitle, TroubleNote, WorkCard } from './parts'
import { Codes } from './qr'
import { say, troubleOf, type Trouble } from './said'
import { fileName, save } from './save'
import { strengthOf, type Strength } from './strength'

export type Form = 'sealed' | 'aegis' | 'google' | 'paper' | 'otpauth'

/** Files that only a password opens. */
const isSealed = (form: Form) => form === 'sealed' || form === 'aegis'

type Stage =
  | { at: 'warning'; trouble?: Trouble }
  | { at: 'work'; done: number; total: number }
  | { at: 'saved'; name: string }
  | { at: 'shown'; what: Exported }

/** One export: what would leave, and what became of it. */
type Leaving = { form: Form; stage: Signal<Stage>; about: Signal<Exported | undefined>; work: AbortController }

export function ExportScreen({ form }: { form: Form }) {
  const stage = useSignal<Stage>({ at: 'warning' })
  const about = useSignal<Exported | undefined>(undefined)
  const leaving = useMemo(() => ({ form, stage, about, work: new AbortController() }), [form, stage, about])
  useEffect(() => {
    void count(leaving)
    return () => leaving.work.abort()
  }, [leaving])
  return (
    <Frame title={titleOf(form)} from="files">
      <Now leaving={leaving} />
    </Frame>
  )
}

function titleOf(form: Form): string {
  switch (form) {
    case 'sealed':
      return t('files.export.own')
    case 'aegis':
      return t('files.export.aegis')
    case 'google':
      return t('files.export.google')
    case 'paper':
      return t('files.export.paper')
    case 'otpauth':
      return t('files.export.otpauth')
  }
}

function Now({ leaving }: { leaving: Leaving }) {
  const stage = leaving.stage.value
  switch (stage.at) {
    case 'warning':
      return <Warning leaving={leaving} trouble={stage.trouble} />
    case 'work':
      return <WorkCard title={t('files.export.sealing')} text={t('files.work.text')} done={stage.done} total={stage.total} cancel={() => leaving.work.abort()} />
    case 'saved':
      return <Saved name={stage.name} />
    case 'shown':
      return leaving.form === 'google' ? <Codes codes={stage.what.codes ?? []} /> : <Paper links={stage.what.links ?? []} />
  }
}

function Warning({ leaving, trouble }: { leaving: Leaving; trouble: Trouble | undefined }) {
  const { form, about } = leaving
  const none = about.value?.accounts === 0
  return (
    <>
      <TroubleNote trouble={trouble} />
      <WarningNote form={form} />
      {about.value && <p role="status">{t('files.export.count', { n: about.value.accounts })}</p>}
      <LeftOut about={about.value} />
      {isSealed(form) && !none && <Sealing leaving={leaving} />}
      {!isSealed(form) && !none && (
        <button class="btn primary tall" type="button" onClick={() => void leave(leaving)}>
          {form === 'google' ? t('files.export.show') : form === 'paper' ? t('files.export.make') : t('files.export.save')}
        </button>
      )}
    </>
  )
}

function WarningNote({ form }: { form: Form }) {
  const sealed = isSealed(form)
  const text = {
    sealed: t('files.export.warn.own'),
    aegis: t('files.export.warn.aegis'),
    google: t('files.export.warn.google'),
    paper: t('files.export.warn.paper'),
    otpauth: t('files.export.warn.otpauth'),
  }[form]
  return (
    <p class={sealed ? 'note caution' : 'note danger'}>
      <Icon name="i-warn" look="i-s" />
      <span>
        <strong>{sealed ? t('files.export.warn.aegis.title') : t('files.export.warn.title')}</strong>
        {text}
      </span>
    </p>
  )
}

/** Accounts that this form has no place for, each with its reason. */
function LeftOut({ about }: { about: Exported | undefined }) {
  if (!about || about.left.length === 0) return null
  return (
    <>
      <h2 class="group-title">{t('files.export.left', { n: about.left.length })}</h2>
      <ul class="group found">
        {about.left.map(({ title, message }, i) => (
          <li class="line" key={i}>
            <span class="what">
              <strong>{title}</strong>
              <span>{message ? say(message) : t('files.export.left.paired')}</span>
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}

/** A password, twice, and what it is worth. */
function Sealing({ leaving }: { leaving: Leaving }) {
  const password = useSignal('')
  const strength = useComputed(() => strengthOf(password.value))
  const wrong = useSignal<{ first?: string; second?: string }>({})
  const first = useRef<HTMLInputElement>(null)
  const second = useRef<HTMLInputElement>(null)
  const submit = (event: Event) => {
    event.preventDefault()
    const text = first.current?.value ?? ''
    if (text === '') wrong.value = { first: t('files.password.empty') }
    else if (text !== second.current?.value) wrong.value = { second: t('files.export.differ') }
    else return void leave(leaving, text)
    return (wrong.value.first === undefined ? second : first).current?.focus()
  }
  const clear = () => {
    wrong.value = {}
  }
  return (
    <form class="stack" onSubmit={submit} noValidate>
      <div class="field">
        <label for="export-password">{t('files.export.password')}</label>
        <PasswordInput
          id="export-password"
          field={first}
          about="export-strength export-password-error"
          wrong={wrong.value.first !== undefined}
          typed={(text) => {
            clear()
            password.value = text
          }}
        />
        <p class={`hint strength ${strength.value}`} id="export-strength" role="status">
          {strengthWords(strength.value)}
        </p>
        <p class="error" id="export-password-error" role="alert">
          {wrong.value.first ?? ''}
        </p>
      </div>
      <div class="field">
        <label for="export-again">{t('files.export.again')}</label>
        <PasswordInput id="export-again" field={second} about="export-again-error" wrong={wrong.value.second !== undefined} typed={clear} />
        <p class="error" id="export-again-error" role="alert">
          {wrong.value.second ?? ''}
        </p>
      </div>
      <button class="btn primary tall" type="submit">
        {t('files.export.save')}
      </button>
    </form>
  )
}

function strengthWords(strength: Strength): string {
  switch (strength) {
    case 'none':
      return t('files.export.strength.none')
    case 'weak':
      return t('files.export.strength.weak')
    case 'fair':
      return t('files.export.strength.fair')
    case 'strong':
      return t('files.export.strength.strong')
  }
}

function Saved({ name }: { name: string }) {
  return (
    <section class="card stack">
      <Icon name="i-check" look="i-l" />
      <StepTitle>{t('files.export.saved', { file: name })}</StepTitle>
      <p>{t('files.export.saved.text')}</p>
      <button class="btn primary" type="button" onClick={() => back('files')}>
        {t('files.export.hide')}
      </button>
    </section>
  )
}

/** Learns what would leave and what would not; no secret is shown by it. */
async function count({ form, about, stage }: Leaving): Promise<void> {
  try {
    const core = await loadCore()
    const { result } = await core.ask('export', { format: form === 'google' ? 'google' : 'otpauth' })
    about.value = { accounts: result.accounts, left: result.left }
  } catch (thrown) {
    stage.value = { at: 'warning', trouble: await troubleWith(thrown) }
  }
}

/** Lets the secrets out, if they may. */
async function leave(leaving: Leaving, password = ''): Promise<void> {
  if (leaving.stage.value.at === 'work' || !(await maySecretsLeave())) return
  const { form, stage } = leaving
  leaving.work = new AbortController()
  const { signal } = leaving.work
  if (isSealed(form)) stage.value = { at: 'work', done: 0, total: 0 }
  try {
    const core = await loadCore()
    const format = form === 'paper' ? 'uris' : form === 'sealed' ? 'own' : form
    const progress = (done: number, total: number) => {
      if (stage.value.at === 'work' && !signal.aborted) stage.value = { at: 'work', done, total }
    }
    const { result, file } = await core.ask('export', { format, ...(password && { password }) }, { progress, signal })
    if (!file || form === 'google' || form === 'paper') stage.value = { at: 'shown', what: result }
    else stage.value = { at: 'saved', name: saveAs(form, await sealIt(form, file, password, signal)) }
  } catch (thrown) {
    const trouble = await troubleWith(thrown)
    stage.value = signal.aborted ? { at: 'warning' } : { at: 'warning', trouble }
  }
}

/** Our own file is sealed by the part of the core that has age. */
async function sealIt(form: Form, text: Uint8Array, password: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = text as Uint8Array<ArrayBuffer>
  if (form !== 'sealed') return bytes
  const { file } = await (await loadCore()).sealed('seal', { password }, { bytes, signal })
  return file as Uint8Array<ArrayBuffer>
}

/** How files are named, and what browsers are told of them. */
const kinds = {
  sealed: ['age', 'application/octet-stream'],
  aegis: ['json', 'application/json'],
  otpauth: ['txt', 'text/plain'],
} as const

function saveAs(form: keyof typeof kinds, file: Uint8Array<ArrayBuffer>): string {
  const [ending, type] = kinds[form]
  const name = fileName(ending)
  save(file, name, type)
  return name
}

async function troubleWith(thrown: unknown): Promise<Trouble> {
  const { CoreTrouble } = await import('../core/core')
  if (thrown instanceof CoreTrouble) return troubleOf(thrown.why, false)
  return { title: t('files.trouble.title'), text: t('files.trouble.core') }
}
