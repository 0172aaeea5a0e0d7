/** Moving to another phone, from screen to camera. Its screens come when they
 *  are wanted. */
import { Icon } from '../shell/icon'
import type { Plug } from '../shell/plug'
import type { Route } from '../shell/router'
import { t } from '../words/words'
import { useScreens } from './come'

export const moving: Plug = {
  routes: { move: (route) => <Move route={route} /> },
  welcome: () => (
    <a class="choice" href="#move/new">
      <span class="mark plain">
        <Icon name="i-phone" />
      </span>
      <strong>{t('move.welcome')}</strong>
      <span>{t('move.welcome.text')}</span>
      <Icon name="i-chevron" />
    </a>
  ),
  menu: () => (
    <a class="line" href="#move">
      <Icon name="i-phone" />
      <span class="what">
        <strong>{t('move.menu')}</strong>
      </span>
      <Icon name="i-chevron" />
    </a>
  ),
}

function Move({ route: { path } }: { route: Route }) {
  const screens = useScreens()
  if (!screens) return null
  return path[1] === 'new' ? <screens.NewPhone wants="accounts" from="" /> : <screens.OldPhone />
}
