/** What is stored, by version; and bringing something back from it. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { confirm } from '../shell/sheets'
import { toast } from '../shell/toast'
import { t } from '../words/words'
import { when } from '../words/when'
import { act, busy, forgetTrouble, lookUp } from './act'
import { doorOf } from './bind'
import { bringBack } from './instep'
import type { Backup } from './kept'
import { Page, TroubleNote } from './parts'
import { placeOf, type Version } from './place'

export function VersionsScreen({ backup }: { backup: Backup }) {
  const all = useSignal<Version[] | undefined>(undefined)
  const fetchAll = () => void lookUp(async () => placeOf(await doorOf(backup)).versions()).then((found) => (all.value = found))
  useEffect(fetchAll, [backup.binding])
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
        <strong>{said}</strong>
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

async function restore(version: number, at: string): Promise<void> {
  const question = { title: t('backup.versions.back.title', { when: at }), text: t('backup.versions.back.text'), yes: t('backup.versions.back') }
  if (!(await confirm(question))) return
  const list = await act((core) => bringBack(core, version))
  if (list) toast(t('backup.versions.done', { n: list.filter(({ state }) => state === 'restored').length }))
}
