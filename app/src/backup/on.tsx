/** The backup is on: how it is, and what a person can do about it. */
import { CoreTrouble, type Question } from '../core/ops'
import { titleOf } from '../codes/mark'
import { hostOf } from '../pair/link'
import { Switch } from '../settings/menu'
import { Icon } from '../shell/icon'
import { LinkLine } from '../shell/line'
import { openSheet } from '../shell/router'
import { confirm, Dialog } from '../shell/sheets'
import { toast } from '../shell/toast'
import { t } from '../words/words'
import { when } from '../words/when'
import { act, busy, done, forgetTrouble } from './act'
import { CheckUpCard } from './findings'
import type { Answered } from './instep'
import { alarm, backup as kept, edit, state, type Backup } from './kept'
import { Page, TroubleNote } from './parts'
import { signIn } from './signin'
import { goOn, pause, turnOff, undelete, unpause } from './turn'
import type { State } from './watch'

export function OnScreen({ backup }: { backup: Backup }) {
  const { watch, login, issuer } = backup
  const now = state.value ?? 'fine'
  return (
    <Page title={t('backup.menu')} from="menu">
      <StateNote backup={backup} now={now} />
      <SetBack backup={backup} />
      <TroubleNote />
      <CheckUpCard />
      <div class="group">
        <Switch icon="i-cloud" title={t('backup.switch')} text={t('backup.switch.text')} on turn={() => void off(backup)} />
        <div class="line">
          <Icon name="i-user" />
          <span class="what">
            <strong>{t('backup.account')}</strong>
            <span>{t('backup.account.text', { login, host: hostOf(issuer) })}</span>
          </span>
        </div>
        <button class="line" type="button" aria-disabled={busy.value} onClick={() => void fixes[now === 'fine' || now === 'waiting' ? 'stale' : now](backup)}>
          <Icon name="i-clock" />
          <span class="what">
            <strong>{t('backup.last')}</strong>
            <span role="status">{busy.value ? t('backup.last.busy') : lastWords(watch.verified)}</span>
          </span>
          {alarm.value ? <span class="red-dot flow" /> : <span class="val">{t('backup.last.now')}</span>}
        </button>
        <LinkLine icon="i-key" title={t('backup.ways')} text={t('backup.ways.row')} to="backup/ways" />
        <LinkLine icon="i-restore" title={t('backup.versions')} text={t('backup.versions.row')} to="backup/versions" />
        <LinkLine icon="i-info" title={t('backup.contents')} text={t('backup.contents.row')} to="backup/contents" />
      </div>
      {now !== 'deleted_elsewhere' && <Further backup={backup} />}
      {alarm.value && (
        <p class="small">
          <a href="#help/trouble">{t('help.trouble.title')}</a>
        </p>
      )}
    </Page>
  )
}

/** What is seldom done, while there is a backup. */
function Further({ backup }: { backup: Backup }) {
  return (
    <div class="group">
      {!backup.watch.paused && (
        <button class="line" type="button" onClick={() => void done(pause, t('backup.pause.done'))}>
          <Icon name="i-clock" />
          <span class="what">
            <strong>{t('backup.pause')}</strong>
          </span>
        </button>
      )}
      <button class="line danger-text" type="button" onClick={() => void remove(backup)}>
        <Icon name="i-trash" />
        <span class="what">
          <strong>{t('backup.delete')}</strong>
        </span>
      </button>
    </div>
  )
}

function lastWords(verified: number): string {
  return verified > 0 ? t('backup.last.verified', { when: when(new Date(verified)) }) : t('backup.last.never')
}

/** A state that somebody should know of, and the one thing that mends it. */
function StateNote({ backup, now }: { backup: Backup; now: State }) {
  if (now === 'fine' || now === 'waiting') return null
  const { title, text, fix } = noteWords(now, backup)
  return (
    <div class={now === 'paused' ? 'note' : 'note caution'} role="status">
      <Icon name={now === 'paused' ? 'i-info' : 'i-warn'} look="i-s" />
      <div>
        <strong>{title}</strong>
        <p>{text}</p>
        <p>
          <button class="btn sm" type="button" aria-disabled={busy.value} onClick={() => void fixes[now](backup)}>
            {busy.value ? t('backup.off.busy') : fix}
          </button>
        </p>
      </div>
    </div>
  )
}

type Troubled = Exclude<State, 'fine' | 'waiting'>

function noteWords(now: Troubled, { login, watch }: Backup): { title: string; text: string; fix: string } {
  switch (now) {
    case 'stale':
      return { title: t('backup.note.stale.title'), text: watch.since > 0 ? t('backup.note.stale.text') : t('backup.note.stale.unseen'), fix: t('backup.last.now') }
    case 'failing':
      return { title: t('backup.note.failing.title'), text: t('backup.note.failing.text'), fix: t('backup.last.now') }
    case 'paused':
      return { title: t('backup.note.paused.title'), text: t('backup.note.paused.text'), fix: t('backup.resume') }
    case 'needs_sign_in':
      return { title: t('backup.note.needs_sign_in.title'), text: t('backup.note.needs_sign_in.text', { login }), fix: t('backup.note.needs_sign_in.do') }
    case 'storage_full':
      return { title: t('backup.note.storage_full.title'), text: t('backup.note.storage_full.text'), fix: t('backup.off.yes') }
    case 'deleted_elsewhere':
      return { title: t('backup.note.deleted_elsewhere.title'), text: t('backup.note.deleted_elsewhere.text', { login }), fix: t('backup.deleted.back') }
    case 'account_changed':
      return { title: t('backup.note.account_changed.title'), text: t('backup.note.account_changed.text', { login }), fix: t('backup.off.yes') }
    case 'asks':
      return { title: t('backup.note.asks.title'), text: t('backup.note.asks.text'), fix: t('backup.note.asks.do') }
  }
}

const fixes: Record<Troubled, (backup: Backup) => Promise<unknown>> = {
  stale: backUpNow,
  failing: backUpNow,
  storage_full: off,
  asks: backUpNow,
  paused: () => done(unpause, t('backup.last.done')),
  needs_sign_in: ({ issuer, login }) => act(() => signIn({ issuer, scope: 'backup', screen: 'backup/again', login })),
  deleted_elsewhere: () => done(undelete, t('backup.undeleted')),
  account_changed: off,
}

/** Backs up. If other devices removed many accounts, the person is asked before
 *  they go here too. */
async function backUpNow(): Promise<void> {
  const came = await act(async (core) => {
    try {
      await goOn(core)
      return 'done'
    } catch (thrown) {
      if (thrown instanceof CoreTrouble && thrown.why.asks) return thrown.why.asks
      throw thrown
    }
  })
  if (came === 'done') toast(t('backup.last.done'))
  else if (came) askAbout(came)
  else if (waitsForPerson()) forgetTrouble() // the note of the state says it, and what mends it
}

function waitsForPerson(): boolean {
  const stop = kept.peek()?.watch.stop
  return stop !== undefined && stop !== 'unreachable'
}

function askAbout({ accounts, by }: Question): void {
  openSheet({
    draw: (close) => {
      const say = (answer: Answered) => () => {
        close()
        void done((core) => goOn(core, answer), t('backup.last.done'))
      }
      return (
        <Dialog title={t('backup.note.asks.title')} close={close}>
          <p>{t('backup.asks.text', { n: accounts.length })}</p>
          <ul class="hints">
            {accounts.map((account) => (
              <li key={account.id}>{titleOf(account)}</li>
            ))}
          </ul>
          {by.length > 0 && <p class="small">{t('backup.asks.by', { by: by.join(', ') })}</p>}
          <div class="btns">
            <button class="btn danger" type="button" onClick={say('delete')}>
              {t('backup.asks.delete')}
            </button>
            <button class="btn primary" type="button" onClick={say('keep')}>
              {t('backup.asks.keep')}
            </button>
          </div>
        </Dialog>
      )
    },
  })
}

/** A server that went back is said until the person has read it. */
function SetBack({ backup: { setBack, issuer } }: { backup: Backup }) {
  if (!setBack) return null
  const read = () => void act(() => edit(withoutSetBack))
  return (
    <div class="note caution" role="status">
      <Icon name="i-warn" look="i-s" />
      <div>
        <strong>{t('backup.note.setback.title')}</strong>
        <p>{t('backup.note.setback.text', { when: when(new Date(setBack)), host: hostOf(issuer) })}</p>
        <p>
          <button class="btn sm" type="button" onClick={read}>
            {t('backup.note.setback.ok')}
          </button>
        </p>
      </div>
    </div>
  )
}

function withoutSetBack(backup: Backup): Backup {
  const { setBack: _, ...others } = backup
  return others
}

async function off(backup: Backup): Promise<void> {
  const text = state.peek() === 'account_changed' ? t('backup.off.changed') : t('backup.off.text')
  const question = { title: t('backup.off.title'), text, yes: t('backup.off.yes') }
  if (await confirm(question)) await done(() => turnOff(backup), t('backup.off.done'))
}

/** Deleting wants a new sign-in: it is asked first, and done when that comes back. */
async function remove({ issuer, login }: Backup): Promise<void> {
  const question = { title: t('backup.delete.title'), text: t('backup.delete.text'), yes: t('backup.delete.yes'), danger: true }
  if (await confirm(question)) await act(() => signIn({ issuer, scope: 'backup', screen: 'backup/delete', login }))
}
