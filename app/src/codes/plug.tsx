/** What the accounts add to the app's other screens: the trash, and the truth about
 *  a tab that the browser may clear. */
import { Icon } from '../shell/icon'
import { askPersistence } from '../settings/storage'
import type { Plug } from '../shell/plug'
import { vault } from '../store/store'
import { t } from '../words/words'
import { LooseTab } from './loose'
import { followLogos } from './state'
import { TrashScreen } from './trash'

export const accounts: Plug = {
  routes: { trash: () => <TrashScreen /> },
  notices: () => <LooseTab />,
  menu: () => (
    <a class="line" href="#trash">
      <Icon name="i-restore" />
      <span class="what">
        <strong>{t('app.trash.title')}</strong>
        <span>{t('app.trash.menu')}</span>
      </span>
      <Icon name="i-chevron" />
    </a>
  ),
  background: () => {
    followLogos()
    let before = vault.peek().entries.length
    vault.subscribe(({ entries }) => {
      if (entries.length > before) void askPersistence().catch(() => false) // there is something to keep now
      before = entries.length
    })
  },
}
