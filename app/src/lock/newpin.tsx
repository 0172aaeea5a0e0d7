/** A new PIN, typed twice. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { openSheet } from '../shell/router'
import { Dialog } from '../shell/sheets'
import { t } from '../words/words'
import { badPin, leastDigits, readPin } from './keys'
import { badPinWords } from './words'

type FormProps = { label: string; busy: boolean; enter: (pin: string) => void; children?: ComponentChildren }

/** Two fields and a button; `children` stand beside the button. */
export function NewPinForm({ label, busy, enter, children }: FormProps) {
  const first = useSignal('')
  const second = useSignal('')
  const wrong = useSignal('')
  const differ = useSignal('')
  const submit = (event: Event) => {
    event.preventDefault()
    const [pin, again] = [readPin(first.value), readPin(second.value)]
    const bad = badPin(pin)
    wrong.value = bad ? badPinWords(bad) : ''
    differ.value = !bad && pin !== again ? t('lock.pin.differ') : ''
    if (!wrong.value && !differ.value && !busy) enter(pin)
  }
  return (
    <form class="stack" onSubmit={submit} noValidate>
      <PinField id="pin-first" label={t('lock.pin.new')} hint={t('lock.pin.hint', { n: leastDigits })} value={first} error={wrong.value} />
      <PinField id="pin-second" label={t('lock.pin.again')} value={second} error={differ.value} />
      <button class="btn primary" type="submit" aria-disabled={busy}>
        {busy ? t('lock.busy') : label}
      </button>
      {children}
    </form>
  )
}

type FieldProps = { id: string; label: string; hint?: string; value: { value: string }; error: string }

/** One field for a PIN: digits that are not shown and that nothing offers to keep. */
export function PinField({ id, label, hint, value, error }: FieldProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <input
        id={id}
        type="password"
        inputmode="numeric"
        autocomplete="off"
        value={value.value}
        onInput={(event) => (value.value = event.currentTarget.value)}
        aria-invalid={error !== ''}
        aria-describedby={hint ? `${id}-hint ${id}-error` : `${id}-error`}
      />
      <p class="error" id={`${id}-error`} role="alert">
        {error}
      </p>
    </div>
  )
}

/** Asks in a sheet; nothing if it is closed. */
export function askNewPin(): Promise<string | undefined> {
  return new Promise((resolve) => {
    let pin: string | undefined
    openSheet({
      closed: () => resolve(pin),
      draw: (close) => (
        <Dialog title={t('lock.pin.new')} close={close}>
          <NewPinForm
            label={t('lock.pin.save')}
            busy={false}
            enter={(typed) => {
              pin = typed
              close()
            }}
          />
        </Dialog>
      ),
    })
  })
}
