/** The app lock in the app: its settings, its lines in the menu and the bar, and the watch
 *  over who is there. */
import { Line } from '../settings/menu'
import { Icon } from '../shell/icon'
import type { Plug } from '../shell/plug'
import { go } from '../shell/router'
import { toast } from '../shell/toast'
import { loaded, vault } from '../store/store'
import { t } from '../words/words'
import { watchAttention } from './auto'
import { keepLanguage, learnLock, lockNow, wrapFirstKey } from './lock'
import { prove } from './prove'
import { LockSettings, lockAtOnce } from './settings'
import { followTabs } from './tabs'
import { troubleWords } from './words'

export const locking: Plug = {
  routes: { lock: () => <LockSettings /> },
  menu: () => <MenuLines />,
  mayLeave,
  bar: () => <LockButton />,
  background: () => {
    followTabs(() => !learned || lockNow.peek() !== undefined)
    void start().catch(() => undefined) // no storage: the app's first screen says so
  },
}

/** Secrets leave an app with a lock only when its owner is there. */
async function mayLeave(): Promise<boolean> {
  const state = lockNow.peek()
  try {
    return !state || (await prove(state)) !== undefined
  } catch (thrown) {
    toast(troubleWords(thrown))
    return false
  }
}

/** Until it is known that there is no lock, a word from another tab counts. */
let learned = false

async function start(): Promise<void> {
  const ring = await learnLock()
  learned = true
  const look = watchAttention(() => lockNow.peek()?.lock.after)
  lockNow.subscribe(() => look())
  vault.subscribe(({ settings }) => void keepLanguage(settings.language).catch(() => undefined))
  if (loaded.peek()) await wrapFirstKey(ring)
}

function LockButton() {
  if (lockNow.value === undefined) return null
  return (
    <button class="icon-btn" type="button" onClick={lockAtOnce}>
      <Icon name="i-lock" />
      <span class="vh">{t('lock.now')}</span>
    </button>
  )
}

function MenuLines() {
  const on = lockNow.value !== undefined
  return (
    <>
      <Line icon="i-key" title={t('lock.name')} value={on ? t('lock.is.on') : t('lock.is.off')} act={() => go('lock')} />
      {on && <Line icon="i-lock" title={t('lock.now')} act={lockAtOnce} />}
    </>
  )
}
