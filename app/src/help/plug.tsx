/** Help: a line of the menu, and what screens link to. */
import { Icon } from '../shell/icon'
import type { Plug } from '../shell/plug'
import { t } from '../words/words'
import { HelpScreen } from './help'

export const help: Plug = {
  routes: { help: ({ path }) => <HelpScreen name={path[1]} /> },
  menu: () => (
    <a class="line" href="#help">
      <Icon name="i-help" />
      <span class="what">
        <strong>{t('help.title')}</strong>
      </span>
      <Icon name="i-chevron" />
    </a>
  ),
}
