/** The code of the new phone, typed where no camera can see its QR code. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { StepTitle } from '../files/parts'
import { groupCode, type Typed } from '../pair/code'
import { t } from '../words/words'
import type { Remark } from './channel'
import { findTyped, to } from './giving'
import { typedCode } from './meeting'

export function TypeCode({ remark }: { remark: Remark | undefined }) {
  const code = useSignal('')
  const wrong = useSignal('')
  const busy = useSignal(false)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [remark])
  const submit = async (event: Event) => {
    event.preventDefault()
    const typed = typedCode(code.value)
    wrong.value = typed.ok ? '' : errorOf(typed)
    if (!typed.ok) return field.current?.focus()
    if (busy.value) return
    busy.value = true
    await findTyped(typed.code).finally(() => (busy.value = false))
  }
  const said = wrong.value || (remark && `${remark.title}. ${remark.text}`) || ''
  return (
    <form class="stack" onSubmit={(event) => void submit(event)} noValidate>
      <StepTitle>{t('move.old.type')}</StepTitle>
      <p>{t('move.old.type.text')}</p>
      <div class="field">
        <label for="move-code">{t('move.old.type.label')}</label>
        <input
          id="move-code"
          ref={field}
          class="mono"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          value={code.value}
          aria-invalid={said !== ''}
          aria-describedby="move-code-hint move-code-error"
          onInput={(event) => (code.value = event.currentTarget.value)}
          onBlur={() => (code.value = groupCode(code.value))}
        />
        <p class="hint" id="move-code-hint">
          {t('move.old.type.hint')}
        </p>
        <p class="error" id="move-code-error" role="alert">
          {said}
        </p>
      </div>
      <div class="btns">
        <button class="btn" type="button" onClick={() => to({ at: 'begin' })}>
          {t('app.back')}
        </button>
        <button class="btn primary" type="submit">
          {t('move.next')}
        </button>
      </div>
    </form>
  )
}

function errorOf(typed: Exclude<Typed, { ok: true }>): string {
  if (typed.groups.length > 0) return t('app.pair.code.group', { group: typed.groups.join(', ') })
  return typed.why === 'mistyped' ? t('move.old.type.mistyped') : t('move.old.type.length')
}
