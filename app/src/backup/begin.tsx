/** Signed in, and not yet on: either a recovery key is made, or what lies there is
 *  opened. Whoever leaves in between finds this again. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Prf } from '../core/ops'
import { hostOf } from '../pair/link'
import { Icon } from '../shell/icon'
import { confirm } from '../shell/sheets'
import { t } from '../words/words'
import { when } from '../words/when'
import { act, busy, done, forgetTrouble, lookUp } from './act'
import { NewKey } from './key'
import type { Begun } from './kept'
import { Page, TroubleNote } from './parts'
import { evaluate } from './passkey'
import { beginHere, bringBackDeleted, join, look, turnOff, type There } from './turn'
import { TypedKey } from './typedkey'

export function BeginScreen({ home }: { home: Begun }) {
  const there = useSignal<There | undefined>(undefined)
  const anew = useSignal(false)
  const see = () => void lookUp((core) => look(core, home)).then((found) => (there.value = found))
  useEffect(see, [home.binding])
  const found = there.value
  const begin = (key: string) => found && void done((core) => beginHere(core, home, key, found), t('backup.begin.done'))
  const startAnew = async () => {
    const question = { title: t('backup.join.own.title'), text: t('backup.join.own.text'), yes: t('backup.join.own.yes') }
    anew.value = await confirm(question)
  }
  return (
    <Page title={t('backup.menu')} from="menu">
      {!found && <Looking again={see} />}
      {found?.status.deletedUntil !== undefined && <Deleted home={home} until={found.status.deletedUntil} see={see} />}
      {found && !found.status.deletedUntil && (anew.value || !found.stored) && <First home={home} use={begin} />}
      {found?.stored && !anew.value && <Join home={home} there={found} anew={() => void startAnew()} />}
      <button class="btn quiet unprinted" type="button" aria-disabled={busy.value} onClick={() => void act(() => turnOff(home))}>
        {t('backup.begin.other')}
      </button>
    </Page>
  )
}

function Looking({ again }: { again: () => void }) {
  return (
    <div class="card stack">
      <p role="status">{busy.value ? t('backup.begin.looking') : ''}</p>
      <TroubleNote />
      {!busy.value && (
        <button class="btn" type="button" onClick={() => (forgetTrouble(), again())}>
          {t('backup.begin.again')}
        </button>
      )}
    </div>
  )
}

function Deleted({ home, until, see }: { home: Begun; until: number; see: () => void }) {
  const back = async () => {
    await act(() => bringBackDeleted(home))
    see()
  }
  return (
    <div class="card stack">
      <h2>{t('backup.deleted.title')}</h2>
      <p>{t('backup.deleted.text', { login: home.login, when: when(new Date(until)) })}</p>
      <TroubleNote />
      <button class="btn primary" type="button" aria-disabled={busy.value} onClick={() => void back()}>
        {t('backup.deleted.back')}
      </button>
    </div>
  )
}

function First({ home, use }: { home: Begun; use: (key: string) => void }) {
  const showing = useSignal(false)
  if (showing.value) return <NewKey home={home} use={use} />
  return (
    <div class="card stack">
      <h2>{t('backup.begin.title')}</h2>
      <p>{t('backup.begin.signed', { login: home.login, host: hostOf(home.issuer) })}</p>
      <button class="btn primary" type="button" onClick={() => (showing.value = true)}>
        <Icon name="i-key" look="i-s" />
        {t('backup.begin.do')}
      </button>
    </div>
  )
}

type JoinProps = { home: Begun; there: There; anew: () => void }

function Join({ home, there, anew }: JoinProps) {
  const typed = useSignal('')
  const { status, passkey } = there
  const open = (by: () => Promise<{ typed: string } | { passkey: Prf }>) => void done(async (core) => join(core, home, there, await by()), t('backup.join.done'))
  const submit = (event: Event) => {
    event.preventDefault()
    open(async () => ({ typed: typed.value }))
  }
  return (
    <>
      <form class="card stack" onSubmit={submit} noValidate>
        <h2>{t('backup.join.title')}</h2>
        <p>{t('backup.join.text', { when: when(new Date(status.latest?.at ?? 0)), login: home.login })}</p>
        <TypedKey id="join-key" label={t('backup.join.key')} hint={t('backup.join.key.hint')} typed={typed} />
        <TroubleNote />
        <button class="btn primary" type="submit" aria-disabled={busy.value}>
          {busy.value ? t('backup.join.busy') : t('backup.join.go')}
        </button>
        {passkey && (
          <button class="btn" type="button" aria-disabled={busy.value} onClick={() => open(async () => ({ passkey: await evaluate(passkey) }))}>
            <Icon name="i-passkey" look="i-s" />
            {t('backup.join.passkey')}
          </button>
        )}
      </form>
      <button class="btn quiet" type="button" aria-disabled={busy.value} onClick={anew}>
        {t('backup.join.own')}
      </button>
    </>
  )
}
