/** The first step: whose backup it is. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { ownIssuer } from '../backup/home'
import { OtherServer, useWhere } from '../backup/where'
import { hostOf } from '../pair/link'
import { Icon } from '../shell/icon'
import { t } from '../words/words'
import { when } from '../words/when'
import { problem, step, working } from './opening'
import { Page, ProblemNote } from './parts'
import { begin, beginBringingBack, broughtBackUntil, nothing, startOver, type Nothing } from './recovery'

export function Begin() {
  const missing = nothing.value
  return missing ? <NoBackup {...missing} /> : <SignIn />
}

function SignIn() {
  const login = useSignal('')
  const issuer = useSignal('')
  const where = useWhere()
  const find = async () => (issuer.value ||= await ownIssuer())
  useEffect(() => void find().catch(() => undefined), []) // it is asked for again, and says why
  const submit = (event: Event) => {
    event.preventDefault()
    const other = where.other.value !== undefined
    const there = where.read(issuer.value)
    if (other && !there) return
    void step(async () => begin(other && there ? there : await find(), login.value.trim()))
  }
  return (
    <Page at="signin">
      <div class="stack">
        <h2 class="title big">{t('recover.begin.title')}</h2>
        <p class="lead">{t('recover.begin.lead')}</p>
      </div>
      <ProblemNote />
      <form class="stack" onSubmit={submit} noValidate>
        <div class="field">
          <label for="recover-login">{t('recover.begin.login')}</label>
          <input
            id="recover-login"
            type="email"
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            value={login.value}
            aria-describedby="recover-login-hint"
            onInput={(event) => (login.value = event.currentTarget.value)}
          />
          <p class="hint" id="recover-login-hint">
            {issuer.value && !where.other.value && t('recover.begin.server', { host: hostOf(issuer.value) })} {t('recover.begin.login.hint')}
          </p>
        </div>
        <OtherServer where={where} />
        <button class="btn primary wide tall" type="submit" aria-disabled={working.value}>
          {problem.value ? t('app.pair.failed.again') : t('recover.begin.go')}
        </button>
      </form>
      <p class="note">
        <Icon name="i-shield" look="i-s" />
        <span>{t('recover.begin.keep')}</span>
      </p>
      <p class="small">
        {t('recover.begin.none')} <a href="#add">{t('recover.byone')}</a>
      </p>
    </Page>
  )
}

/** No backup under this account: which one it was, and what else there is. */
function NoBackup(missing: Nothing) {
  const { issuer, login } = missing
  const host = hostOf(issuer)
  const until = broughtBackUntil(missing)
  return (
    <Page at="signin">
      <div class="stack" role="status">
        <h2 class="title big">{until === undefined ? t('recover.none.title') : t('recover.deleted.title')}</h2>
        <p class="lead">{login ? t('recover.none.account', { login, host }) : t('recover.none.host', { host })}</p>
        <p>{until === undefined ? t('recover.none.lead') : t('recover.deleted.lead', { when: when(new Date(until)) })}</p>
      </div>
      <ProblemNote />
      <div class="stack gap-3">
        {until !== undefined && (
          <button class="btn primary wide tall" type="button" aria-disabled={working.value} onClick={() => void step(() => beginBringingBack({ issuer, login }))}>
            <Icon name="i-restore" look="i-s" />
            {t('recover.deleted.back')}
          </button>
        )}
        <button class={until === undefined ? 'btn primary wide tall' : 'btn wide tall'} type="button" onClick={() => void startOver()}>
          {t('recover.none.other')}
        </button>
        <a class="btn wide tall" href="#add">
          {t('recover.byone')}
        </a>
      </div>
      <p class="small">{t('recover.none.byone')}</p>
    </Page>
  )
}
