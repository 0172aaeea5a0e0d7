/** When this phone would not keep or give back the accounts: what happened,
 *  whether anything changed, the next step. */
import { closeDatabase } from '../store/database'
import { StoreTrouble, type StoreReason } from '../store/trouble'
import { t } from '../words/words'
import { Frame } from './frame'
import { Icon } from './icon'
import { openSheet } from './router'
import { Dialog } from './sheets'

/** Does something that changes the vault; if the phone refuses, says so. True if it was done. */
export async function guard(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (thrown) {
    if (!(thrown instanceof StoreTrouble)) throw thrown
    showTrouble(thrown.why)
    return false
  }
}

function showTrouble(why: StoreReason): void {
  const { title, text } = wordsFor(why)
  openSheet({
    draw: (close) => (
      <Dialog title={title} close={close}>
        <p role="alert">{text}</p>
        <p>{t('app.trouble.unchanged')}</p>
        <button class="btn primary" type="button" onClick={close}>
          {t('app.ok')}
        </button>
      </Dialog>
    ),
  })
}

/** The whole screen, when there is nothing else to show. */
export function TroubleScreen({ why }: { why: StoreReason }) {
  const { title, text } = wordsFor(why)
  const again = async () => {
    await closeDatabase()
    location.reload()
  }
  return (
    <Frame title={t('app.trouble.heading')}>
      <div class="card stack" role="alert">
        <div class="row danger-text">
          <Icon name="i-warn" />
          <h2>{title}</h2>
        </div>
        <p>{text}</p>
        <div class="row wrap">
          <button class="btn primary" type="button" onClick={() => void again()}>
            {t('app.trouble.again')}
          </button>
          {why === 'unreadable' && (
            <a class="btn danger" href="#menu/erase">
              {t('app.erase')}
            </a>
          )}
        </div>
      </div>
    </Frame>
  )
}

function wordsFor(why: StoreReason): { title: string; text: string } {
  switch (why) {
    case 'blocked':
      return { title: t('app.trouble.blocked.title'), text: t('app.trouble.blocked.text') }
    case 'full':
      return { title: t('app.trouble.full.title'), text: t('app.trouble.full.text') }
    case 'unreadable':
      return { title: t('app.trouble.unreadable.title'), text: t('app.trouble.unreadable.text') }
    case 'newer':
      return { title: t('app.trouble.newer.title'), text: t('app.trouble.newer.text') }
    case 'locked':
      return { title: t('lock.trouble.title'), text: t('lock.trouble.text') }
    case 'lost':
      return { title: t('app.trouble.lost.title'), text: t('app.trouble.lost.text') }
  }
}
