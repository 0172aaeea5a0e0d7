/** A plain tab whose accounts the browser may clear says so, and what helps. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { install, installable, isInstalled, isTabOfIOS } from '../settings/install'
import { askPersistence, learnPersistence, persisted } from '../settings/storage'
import { Icon } from '../shell/icon'
import { toast } from '../shell/toast'
import { vault } from '../store/store'
import { t } from '../words/words'

const place = 'loose-tab'

/** It was read and put away; it comes back in a month. */
const month = 30 * 86_400_000

export function LooseTab() {
  const away = useSignal(wasPutAway())
  useEffect(() => void learnPersistence(), [])
  if (away.value || isInstalled() || persisted.value !== false || vault.value.entries.length === 0) return null
  const ask = async () => toast((await askPersistence()) ? t('app.menu.storage.kept') : t('app.menu.storage.not'))
  const putAway = () => {
    remember()
    away.value = true
  }
  return (
    <div class="note caution loose" role="status">
      <Icon name="i-warn" look="i-s" />
      <div>
        <strong>{t('app.loose.title')}</strong>
        <p>{isTabOfIOS() ? t('app.loose.ios') : installable.value ? t('app.loose.text') : t('app.loose.how')}</p>
        <span class="row wrap acts">
          {installable.value ? (
            <button class="btn sm" type="button" onClick={() => void install()}>
              {t('app.menu.install')}
            </button>
          ) : (
            <button class="btn sm" type="button" onClick={() => void ask()}>
              {t('app.loose.ask')}
            </button>
          )}
          <button class="btn sm quiet" type="button" onClick={putAway}>
            {t('app.loose.later')}
          </button>
        </span>
      </div>
    </div>
  )
}

function wasPutAway(): boolean {
  try {
    return Date.now() - Number(localStorage.getItem(place) ?? 0) < month
  } catch {
    return false
  }
}

function remember(): void {
  try {
    localStorage.setItem(place, String(Date.now()))
  } catch {
    // Without storage it is said again at the next start.
  }
}
