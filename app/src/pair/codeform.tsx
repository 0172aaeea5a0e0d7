import { useEffect, useState } from 'preact/hooks'
import { Icon } from '../shell/icon'
import { t } from '../words/words'
import { groupCode, readCode, type Typed } from './code'
import { Confirm } from './confirm'
import { typedIssuer, type Offer } from './link'
import { Screen } from './screen'

/** A setup code and the address it is for, typed by hand. */
export function CodeForm() {
  const [code, setCode] = useState('')
  const [address, setAddress] = useState('')
  const [tried, setTried] = useState(false)
  const [offer, setOffer] = useState<Offer>()
  useEffect(() => {
    void ownIssuer().then((issuer) => setAddress((typed) => typed || issuer))
  }, [])
  if (offer) return <Confirm offer={offer} />

  const typed = readCode(code)
  const issuer = typedIssuer(address)
  const submit = (event: Event) => {
    event.preventDefault()
    setTried(true)
    if (typed.ok && issuer) setOffer({ issuer, code: typed.code })
    else document.getElementById(typed.ok ? 'setup-server' : 'setup-code')?.focus()
  }
  return (
    <Screen>
      <h2 class="title">{t('app.pair.code.title')}</h2>
      <p class="lead">{t('app.pair.code.lead')}</p>
      <form class="stack" onSubmit={submit} noValidate>
        <Field
          id="setup-code"
          label={t('app.pair.code.label')}
          hint={t('app.pair.code.hint')}
          error={tried && !typed.ok ? codeError(typed) : ''}
          value={code}
          input={setCode}
          leave={() => setCode(groupCode(code))}
        />
        <Field
          id="setup-server"
          label={t('app.pair.code.server')}
          hint={t('app.pair.code.server.hint')}
          error={tried && !issuer ? t('app.pair.code.server.wrong') : ''}
          value={address}
          input={setAddress}
        />
        <button class="btn primary wide tall" type="submit">
          {t('app.pair.code.next')}
        </button>
      </form>
    </Screen>
  )
}

type FieldProps = {
  id: string
  label: string
  hint: string
  error: string
  value: string
  input: (text: string) => void
  leave?: () => void
}

function Field({ id, label, hint, error, value, input, leave }: FieldProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        class="mono"
        autocomplete="off"
        autocapitalize={id === 'setup-code' ? 'characters' : 'none'}
        spellcheck={false}
        value={value}
        aria-invalid={error !== ''}
        aria-describedby={`${id}-hint ${id}-error`}
        onInput={(event) => input(event.currentTarget.value)}
        onBlur={leave}
      />
      <p class="hint" id={`${id}-hint`}>
        {hint}
      </p>
      <p class="error" id={`${id}-error`} role="alert">
        {error !== '' && <Icon name="i-warn" look="i-s" />}
        {error}
      </p>
    </div>
  )
}

function codeError(typed: Exclude<Typed, { ok: true }>): string {
  switch (typed.why) {
    case 'empty':
      return t('app.pair.code.empty')
    case 'short':
      return t('app.pair.code.short')
    case 'long':
      return t('app.pair.code.long')
    case 'mistyped':
      return typed.groups.length > 0
        ? t('app.pair.code.group', { group: typed.groups.join(', ') })
        : t('app.pair.code.mistyped')
  }
}

/** The server this app came from: most codes are for it. */
async function ownIssuer(): Promise<string> {
  try {
    const config: unknown = await (await fetch('/config.json', { cache: 'no-cache' })).json()
    const { issuer } = config as { issuer?: unknown }
    return typeof issuer === 'string' ? issuer : ''
  } catch {
    return ''
  }
}
