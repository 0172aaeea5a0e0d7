/** Where a recovery key is typed. */
import type { Signal } from '@preact/signals'
import type { Ref } from 'preact'

type Props = {
  id: string
  label: string
  hint?: string
  typed: Signal<string>
  field?: Ref<HTMLTextAreaElement>
  wrong?: boolean
  /** The id of what says so. */
  error?: string
}

export function TypedKey({ id, label, hint, typed, field = null, wrong = false, error = '' }: Props) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        class="mono"
        rows={3}
        autocomplete="off"
        autocapitalize="characters"
        spellcheck={false}
        ref={field}
        value={typed.value}
        aria-invalid={wrong}
        aria-describedby={`${hint ? `${id}-hint` : ''} ${error}`.trim() || undefined}
        onInput={(event) => (typed.value = event.currentTarget.value)}
      />
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}
