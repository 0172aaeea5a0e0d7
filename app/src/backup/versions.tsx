/** What is stored, by version; and bringing something back from it. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { titleOf } from '../codes/mark'
import type { Comparison } from '../core/ops'
import { openSheet } from '../shell/router'
import { Dialog } from '../shell/sheets'
import { toast } from '../shell/toast'
import type { Entry } from '../store/vault'
import { t } from '../words/words'
import { when } from '../words/when'
import { act, busy, forgetTrouble, lookUp } from './act'
import { doorOf } from './bind'
import { bringBack, compare } from './instep'
import type { Backup } from './kept'
import { Page, TroubleNote } from './parts'
import { placeOf, type Version } from './place'

export function VersionsScreen({ backup }: { backup: Backup }) {
  const all = useSignal<Version[] | undefined>(undefined)
  const fetchAll = () => void lookUp(async () => placeOf(await doorOf(backup)).versions()).then((found) => (all.value = found))
  useEffect(fetchAll, [backup.binding, backup.version])
  return (
    <Page title={t('backup.versions')} from="backup">
      <p class="small">{t('backup.versions.lead')}</p>
      <TroubleNote />
      {!all.value && <p role="status">{busy.value ? t('backup.versions.loading') : ''}</p>}
      {!all.value && !busy.value && (
        <button class="btn" type="button" onClick={() => (forgetTrouble(), fetchAll())}>
          {t('backup.begin.again')}
        </button>
      )}
      {all.value && (
        <ul class="group">
          {all.value.map((one, i) => (
            <Line key={one.version} version={one} newest={i === 0} />
          ))}
        </ul>
      )}
    </Page>
  )
}

function Line({ version: { version, at, size, network }, newest }: { version: Version; newest: boolean }) {
  const said = when(new Date(at))
  return (
    <li class="line">
      <span class="what">
        <strong class="moment">{said}</strong>
        <span>{t('backup.versions.line', { size: Math.ceil(size / 1024), network })}</span>
      </span>
      {newest && <span class="val">{t('backup.versions.newest')}</span>}
      <button class="btn sm" type="button" aria-disabled={busy.value} onClick={() => void restore(version, said)}>
        {t('backup.versions.back')}
        <span class="vh">{said}</span>
      </button>
    </li>
  )
}

/** Shows what would come back, before anything does. */
async function restore(version: number, at: string): Promise<void> {
  const found = await act((core) => compare(core, version))
  if (!found) return
  openSheet({
    draw: (close) => {
      const yes = () => {
        close()
        void bring(version)
      }
      return <Preview found={found} at={at} close={close} yes={yes} />
    },
  })
}

async function bring(version: number): Promise<void> {
  const list = await act((core) => bringBack(core, version))
  if (list) toast(t('backup.versions.done', { n: list.filter(({ state }) => state === 'restored').length }))
}

type PreviewProps = { found: Comparison; at: string; close: () => void; yes: () => void }

function Preview({ found, at, close, yes }: PreviewProps) {
  const some = found.new.length > 0
  return (
    <Dialog title={some ? t('backup.versions.back.title', { when: at }) : t('backup.versions.of', { when: at })} close={close}>
      <p>{some ? t('backup.versions.back.text') : t('backup.versions.done', { n: 0 })}</p>
      <Accounts title={t('backup.versions.new')} accounts={found.new} />
      <Accounts title={t('backup.versions.changed')} accounts={found.changed} />
      <Accounts title={t('backup.versions.missing')} accounts={found.missing} />
      <div class="btns">
        <button class={some ? 'btn' : 'btn primary'} type="button" onClick={close}>
          {some ? t('app.cancel') : t('app.close')}
        </button>
        {some && (
          <button class="btn primary" type="button" onClick={yes}>
            {t('backup.versions.back')}
          </button>
        )}
      </div>
    </Dialog>
  )
}

function Accounts({ title, accounts }: { title: string; accounts: Entry[] }) {
  if (accounts.length === 0) return null
  return (
    <section class="stack gap-1">
      <h3 class="group-title">
        {title}
        <span class="tiny">{accounts.length}</span>
      </h3>
      <ul class="hints">
        {accounts.map((account) => (
          <li key={account.id}>
            {titleOf(account)}
            {account.issuer && account.name && <span class="small"> {account.name}</span>}
          </li>
        ))}
      </ul>
    </section>
  )
}
