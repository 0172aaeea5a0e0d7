/** Which server keeps the backup: the one behind this app, or another whose operators
 *  let this app in. */
import { useSignal, type Signal } from '@preact/signals'
import { typedIssuer } from '../pair/link'
import { Icon } from '../shell/icon'
import { t } from '../words/words'

/** What is typed of another server, and whether it was tried. */
type Other = { text: string; tried: boolean }

/** A choice of the server; `own` is the one behind this app, as soon as it is known. */
export type Where = {
  other: Signal<Other | undefined>
  /** The issuer that is meant. Undefined where none is known, or what was typed is none:
   *  then that is said, and stands in focus. */
  read(own: string | undefined): string | undefined
}

const id = 'backup-server'

export function useWhere(): Where {
  const other = useSignal<Other | undefined>(undefined)
  const read = (own: string | undefined) => {
    if (!other.value) return own
    const issuer = typedIssuer(other.value.text)
    other.value = { ...other.value, tried: true }
    if (!issuer) document.getElementById(id)?.focus()
    return issuer
  }
  return { other, read }
}

/** The way to another server; the field for its address once it was taken. */
export function OtherServer({ where: { other } }: { where: Where }) {
  if (!other.value) {
    return (
      <button class="btn sm" type="button" onClick={() => (other.value = { text: '', tried: false })}>
        {t('backup.where.other')}
      </button>
    )
  }
  const { text, tried } = other.value
  const wrong = tried && !typedIssuer(text)
  return (
    <div class="field">
      <label for={id}>{t('app.pair.code.server')}</label>
      <input
        id={id}
        type="text"
        class="mono"
        inputMode="url"
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        autofocus
        value={text}
        aria-invalid={wrong}
        aria-describedby={`${id}-hint ${id}-error`}
        onInput={(event) => (other.value = { text: event.currentTarget.value, tried })}
      />
      <p class="hint" id={`${id}-hint`}>
        {t('backup.where.hint', { app: location.host })}
      </p>
      <p class="error" id={`${id}-error`} role="alert">
        {wrong && <Icon name="i-warn" look="i-s" />}
        {wrong && t('app.pair.code.server.wrong')}
      </p>
      <button class="btn sm" type="button" onClick={() => (other.value = undefined)}>
        {t('backup.where.own')}
      </button>
    </div>
  )
}
