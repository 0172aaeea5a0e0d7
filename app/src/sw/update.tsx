/** New versions. One that has arrived waits until the person takes it, and is
 *  not offered while a request is on the screen. */
import { signal } from '@preact/signals'
import { deciding } from '../approve/state'
import { Icon } from '../shell/icon'
import { scriptURL } from '../shell/trusted'
import { t } from '../words/words'

const arrived = signal<ServiceWorker | 'reload' | undefined>(undefined)
const hour = 3_600_000

/** Keeps the app for times without a network. Called once, after the first codes. */
export async function startWorker(): Promise<void> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  const first = navigator.serviceWorker.controller === null
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (taken) location.reload()
    else if (!first) arrived.value = 'reload' // taken in another window
  })
  const registration = await navigator.serviceWorker.register(scriptURL('/sw.js'), { updateViaCache: 'none' })
  watch(registration)
  void keepLater()
  let looked = Date.now()
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible' || Date.now() - looked < hour) return
    looked = Date.now()
    void registration.update().catch(() => undefined)
  })
}

/** After a moment in which the page is likely to be busy, what is needed later is
 *  fetched and kept – unless the person saves data. */
async function keepLater(): Promise<void> {
  const { connection } = navigator as { connection?: { saveData?: boolean } }
  if (connection?.saveData) return
  const { active } = await navigator.serviceWorker.ready
  setTimeout(() => active?.postMessage('keep'), 3000)
}

let taken = false

function watch(registration: ServiceWorkerRegistration): void {
  const offer = (worker: ServiceWorker | null) => {
    if (worker && navigator.serviceWorker.controller) arrived.value = worker
  }
  offer(registration.waiting)
  registration.addEventListener('updatefound', () => {
    const worker = registration.installing
    worker?.addEventListener('statechange', () => {
      if (worker.state === 'installed') offer(worker)
    })
  })
}

/** "New version – reload", when there is one and nothing is being decided. */
export function UpdateLine() {
  const worker = arrived.value
  if (!worker || deciding.value) return null
  const take = () => {
    taken = true
    if (worker === 'reload') location.reload()
    else worker.postMessage('update')
  }
  return (
    <div class="note row update" role="status">
      <Icon name="i-refresh" look="i-s" />
      <span class="grow">{t('app.update.arrived')}</span>
      <button class="btn sm" type="button" onClick={take}>
        {t('app.update.reload')}
      </button>
    </div>
  )
}
