/** The third step: what became of each account, by name, and what it needs. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { drawMark, titleOf } from '../codes/mark'
import { loadCore } from '../core/plug'
import { draw } from '../shell/h'
import { Icon } from '../shell/icon'
import { MoreLine } from '../shell/line'
import { go, openSheet } from '../shell/router'
import { confirm, Dialog } from '../shell/sheets'
import { guard } from '../shell/trouble'
import { vault } from '../store/store'
import { t } from '../words/words'
import { when } from '../words/when'
import { standing, type Standing } from './fate'
import { Page } from './parts'
import { end, takeCopy, type Listing } from './recovery'
import { tickets } from './ticket'

/** More than this are shown when they are asked for. */
const shown = 6

export function List({ of }: { of: Listing }) {
  const { needs, ready } = standing(of.accounts, vault.value, tickets.value)
  const device = of.device || t('recover.list.device')
  return (
    <Page at="accounts">
      <div class="stack gap-2" role="status">
        <h2 class="title big">{t('recover.list.title', { n: ready.length })}</h2>
        <p class="lead">{needs.length > 0 ? t('recover.list.more', { n: needs.length }) : t('recover.list.all')}</p>
        <p class="tiny">{t('recover.list.from', { when: when(new Date(of.time)), device, n: of.accounts.length, generation: of.generation })}</p>
      </div>
      {needs.length > 0 && <Group title={t('recover.list.needs')} accounts={needs} />}
      {ready.length > 0 && <Group title={t('recover.list.ready')} accounts={ready} most={shown} />}
      {ready.some(({ now }) => now === 'kept') && <p class="small">{t('recover.list.kept.means')}</p>}
      <After needs={needs.length} />
    </Page>
  )
}

function Group({ title, accounts, most = Infinity }: { title: string; accounts: Standing[]; most?: number }) {
  const all = useSignal(false)
  const rest = accounts.length - most
  const few = all.value || rest <= 1 ? accounts : accounts.slice(0, most)
  return (
    <>
      <h3 class="group-title">
        {title}
        <span class="tiny">{accounts.length}</span>
      </h3>
      <ul class="group">
        {few.map((account) => (
          <Line key={account.id} account={account} />
        ))}
        {few.length < accounts.length && (
          <MoreLine title={t('recover.list.rest', { n: rest })} act={() => (all.value = true)} />
        )}
      </ul>
    </>
  )
}

function Line({ account }: { account: Standing }) {
  const entry = vault.value.entries.find(({ id }) => id === account.id)
  return (
    <li class="line fate">
      {drawMark(draw, entry ?? account, 'sm')}
      <span class="what">
        <strong class="clip">{titleOf(account)}</strong>
        <Second account={account} />
      </span>
      <Fate account={account} />
    </li>
  )
}

/** Below the name: what there is to say, or whose account it is. */
function Second({ account }: { account: Standing }) {
  const { now, readyAt, issuer, name } = account
  if (now === 'failed') return <span>{failedWords(account)}</span>
  if (now === 'waits' && readyAt) return <span>{t('recover.waits.until', { when: when(new Date(readyAt)) })}</span>
  return <span class="clip">{issuer && name}</span>
}

function Fate({ account }: { account: Standing }) {
  const { id, now, registration, other } = account
  switch (now) {
    case 'asked':
    case 'ready':
      return <Next to={`account/${id}`}>{t('recover.do.on')}</Next>
    case 'waits':
      return (
        <Next to={`account/${id}`}>
          <Icon name="i-clock" look="i-s" />
          {t('recover.is.waits')}
        </Next>
      )
    case 'stopped':
      return (
        <Next to={`account/${id}`}>
          <Icon name="i-block" look="i-s" />
          {t('recover.is.stopped')}
        </Next>
      )
    case 'verify':
      return <Next to={`account/${id}`}>{t('recover.do.verify')}</Next>
    case 'scan':
      return (
        <Next to={`account/${id}`}>
          <Icon name="i-qr" look="i-s" />
          {t('recover.do.scan')}
        </Next>
      )
    case 'begun':
      return <Next to={`pair/wait/${registration ?? ''}`}>{t('recover.do.finish')}</Next>
    case 'failed':
      return account.why === 'trash' ? <Next to="trash">{t('app.trash.title')}</Next> : <span class="badge danger">{t('recover.is.failed')}</span>
    case 'kept':
      return other ? (
        <button class="btn sm" type="button" aria-haspopup="dialog" onClick={() => chooseCopy(account)}>
          <Icon name="i-lock" look="i-s" />
          {t('recover.is.kept')}
        </button>
      ) : (
        <span class="badge pine">
          <Icon name="i-lock" />
          {t('recover.is.kept')}
        </span>
      )
    default:
      return (
        <span class="badge ok">
          <Icon name="i-check" />
          {t('recover.is.restored')}
        </span>
      )
  }
}

function Next({ to, children }: { to: string; children: ComponentChildren }) {
  return (
    <a class="btn sm" href={`#${to}`}>
      {children}
    </a>
  )
}

function failedWords({ why }: Standing): string {
  return why === 'trash' ? t('recover.failed.trash') : t('recover.failed.codes')
}

/** The backup has another copy of an account that is here: whose is the right one
 *  only the person knows. */
function chooseCopy(account: Standing): void {
  const name = titleOf(account)
  const take = (close: () => void, instead: boolean) => {
    close()
    void guard(async () => takeCopy(await loadCore(), account.id, instead))
  }
  openSheet({
    draw: (close) => (
      <Dialog title={t('recover.copy.title', { name })} close={close}>
        <p>{t('recover.copy.text')}</p>
        <div class="stack gap-3">
          <button class="btn primary" type="button" onClick={close}>
            {t('recover.copy.keep')}
          </button>
          <button class="btn" type="button" onClick={() => take(close, false)}>
            {t('recover.copy.beside')}
          </button>
          <button class="btn" type="button" onClick={() => take(close, true)}>
            {t('recover.copy.instead')}
          </button>
        </div>
        <p class="small">{t('recover.copy.trash')}</p>
      </Dialog>
    ),
  })
}

/** What is left to do, in the order in which it is safe. */
function After({ needs }: { needs: number }) {
  const finish = async () => {
    const question = { title: t('recover.end.title'), text: t('recover.end.text', { n: needs }), yes: t('recover.end.yes') }
    if (needs > 0 && !(await confirm(question))) return
    if (await guard(end)) go('')
  }
  return (
    <>
      <a class="btn primary wide tall" href="#">
        {t('recover.list.go')}
      </a>
      <h3 class="group-title">{t('recover.after.title')}</h3>
      <div class="group">
        <a class="line" href="#backup">
          <Icon name="i-cloud" />
          <span class="what">
            <strong>{t('recover.after.backup')}</strong>
            <span>{t('recover.after.backup.text')}</span>
          </span>
          <Icon name="i-chevron" />
        </a>
        <a class="line" href="#recover/lost">
          <Icon name="i-erase" />
          <span class="what">
            <strong>{t('recover.after.lost')}</strong>
            <span>{t('recover.after.lost.text')}</span>
          </span>
          <Icon name="i-chevron" />
        </a>
        <button class="line" type="button" onClick={() => void finish()}>
          <Icon name="i-check" />
          <span class="what">
            <strong>{t('recover.after.end')}</strong>
            <span>{t('recover.after.end.text')}</span>
          </span>
          <Icon name="i-chevron" />
        </button>
      </div>
    </>
  )
}
