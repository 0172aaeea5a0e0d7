/** An account typed by hand: a name, and what the site calls "setup key". */
import { useSignal, type Signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { plugs } from '../plugs'
import { Frame } from '../shell/frame'
import { Icon } from '../shell/icon'
import type { Algorithm, CodeType } from '../store/vault'
import { t } from '../words/words'
import { arrive, keepAndShow, takeUnnamed, type Remark } from './arrive'
import { blank, draftFrom, fieldsOf, mistakesIn, secretMistake, type Fields, type Mistakes } from './fields'

type Form = {
  fields: Signal<Fields>
  mistakes: Signal<Mistakes>
  /** What to say about a link that was pasted. */
  remark: Signal<Remark | undefined>
}

export function ManualScreen() {
  const form: Form = { fields: useSignal(first()), mistakes: useSignal({}), remark: useSignal(undefined) }
  const place = useRef<HTMLFormElement>(null)
  const submit = async (event: Event) => {
    event.preventDefault()
    form.mistakes.value = mistakesIn(form.fields.value)
    if (Object.keys(form.mistakes.value).length === 0) await keepAndShow(draftFrom(form.fields.value))
    else requestAnimationFrame(() => place.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus())
  }
  return (
    <Frame title={t('app.manual.title')} from="" end={<ScanLink />}>
      {plugs.map((plug, i) => plug.ways && <plug.ways key={i} />)}
      <form class="stack" ref={place} onSubmit={(event) => void submit(event)} noValidate>
        <p class="small">{t('app.manual.intro')}</p>
        <PastedRemark remark={form.remark.value} />
        <Text form={form} name="issuer" label={t('app.manual.issuer')} />
        <Text form={form} name="name" label={t('app.manual.name')} hint={t('app.manual.name.hint')} />
        <Secret form={form} />
        <Details form={form} />
        <button class="btn primary tall" type="submit">
          {t('app.add')}
        </button>
      </form>
    </Frame>
  )
}

function ScanLink() {
  return (
    <a class="icon-btn" href="#add" data-instead="">
      <Icon name="i-scan" />
      <span class="vh">{t('app.scan.title')}</span>
    </a>
  )
}

/** A scanned account without a name waits here to be named. */
function first(): Fields {
  const draft = takeUnnamed()
  return draft ? fieldsOf(draft) : blank
}

function set(form: Form, name: keyof Fields, value: string): void {
  form.fields.value = { ...form.fields.value, [name]: value }
  const { [name]: _, ...others } = form.mistakes.value
  form.mistakes.value = others
}

function PastedRemark({ remark }: { remark: Remark | undefined }) {
  if (!remark) return null
  return (
    <p class="note caution" role="alert">
      <Icon name="i-warn" look="i-s" />
      <span>
        <strong>{remark.title}</strong>
        {remark.text}
      </span>
    </p>
  )
}

type TextProps = { form: Form; name: keyof Fields; label: string; hint?: string; numeric?: boolean }

function Text({ form, name, label, hint, numeric }: TextProps) {
  return (
    <Field form={form} name={name} label={label} hint={hint}>
      <input
        {...describe(form, name)}
        value={form.fields.value[name]}
        onInput={(event) => set(form, name, event.currentTarget.value)}
        maxLength={200}
        autocomplete="off"
        autocapitalize={name === 'issuer' ? 'words' : 'none'}
        spellcheck={false}
        inputMode={numeric ? 'numeric' : 'text'}
      />
    </Field>
  )
}

/** The key. A whole otpauth link pasted here is taken for what it is. */
function Secret({ form }: { form: Form }) {
  const typed = async (text: string) => {
    set(form, 'secret', text)
    form.remark.value = /^\s*[a-z-]+:\/\//i.test(text) ? await arrive(text) : undefined
  }
  const check = () => {
    const { secret } = form.fields.value
    const mistake = secret ? secretMistake(secret) : undefined
    if (mistake !== undefined) form.mistakes.value = { ...form.mistakes.value, secret: mistake }
  }
  // Words that come at once would move what is being touched from under the finger.
  const left = () => void setTimeout(check, 200)
  return (
    <Field form={form} name="secret" label={t('app.manual.secret')} hint={t('app.manual.secret.hint')}>
      <input
        {...describe(form, 'secret')}
        class="mono"
        value={form.fields.value.secret}
        onInput={(event) => void typed(event.currentTarget.value)}
        onBlur={left}
        autocomplete="off"
        autocapitalize="characters"
        spellcheck={false}
      />
    </Field>
  )
}

/** What most sites leave as it is. */
function Details({ form }: { form: Form }) {
  const { type } = form.fields.value
  const wrong = Object.keys(form.mistakes.value).some((name) => ['digits', 'period', 'counter'].includes(name))
  const open = useSignal(false)
  useEffect(() => {
    if (wrong || type !== 'totp') open.value = true // and it stays, while what is wrong is put right
  }, [wrong, type, open])
  return (
    <details class="more" open={open.value} onToggle={(event) => (open.value = event.currentTarget.open)}>
      <summary>{t('app.manual.more')}</summary>
      <div class="stack">
        <p class="small">{t('app.manual.more.text')}</p>
        <Choice<CodeType>
          form={form}
          name="type"
          label={t('app.manual.type')}
          options={[
            ['totp', t('app.manual.type.clock')],
            ['hotp', t('app.manual.type.counter')],
            ['steam', t('app.manual.type.steam')],
          ]}
        />
        {type !== 'steam' && (
          <Choice<Algorithm>
            form={form}
            name="algorithm"
            label={t('app.manual.algorithm')}
            options={[
              ['SHA1', 'SHA-1'],
              ['SHA256', 'SHA-256'],
              ['SHA512', 'SHA-512'],
            ]}
          />
        )}
        {type !== 'steam' && <Text form={form} name="digits" label={t('app.manual.digits')} numeric />}
        {type !== 'hotp' && <Text form={form} name="period" label={t('app.manual.period')} numeric />}
        {type === 'hotp' && <Text form={form} name="counter" label={t('app.manual.counter')} numeric />}
      </div>
    </details>
  )
}

type ChoiceProps<T extends string> = { form: Form; name: 'type' | 'algorithm'; label: string; options: [T, string][] }

function Choice<T extends string>({ form, name, label, options }: ChoiceProps<T>) {
  return (
    <Field form={form} name={name} label={label}>
      <select {...describe(form, name)} onChange={(event) => set(form, name, event.currentTarget.value)}>
        {options.map(([value, text]) => (
          <option key={value} value={value} selected={form.fields.value[name] === value}>
            {text}
          </option>
        ))}
      </select>
    </Field>
  )
}

type FieldProps = { form: Form; name: keyof Fields; label: string; hint?: string | undefined; children: ComponentChildren }

function Field({ form, name, label, hint, children }: FieldProps) {
  const mistake = form.mistakes.value[name]
  return (
    <div class="field">
      <label for={`manual-${name}`}>{label}</label>
      {children}
      <div id={`manual-${name}-about`} aria-live="polite">
        {mistake !== undefined && (
          <p class="error">
            <Icon name="i-warn" look="i-s" />
            <span>{mistake}</span>
          </p>
        )}
        {mistake === undefined && hint && <p class="hint">{hint}</p>}
      </div>
    </div>
  )
}

function describe(form: Form, name: keyof Fields) {
  return {
    id: `manual-${name}`,
    'aria-invalid': form.mistakes.value[name] !== undefined,
    'aria-describedby': `manual-${name}-about`,
  }
}
