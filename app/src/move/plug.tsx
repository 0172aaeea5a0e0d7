/** Moving to another phone, from screen to camera. Its screens come when they
 *  are wanted. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { Icon } from '../shell/icon'
import type { Plug } from '../shell/plug'
import type { Route } from '../shell/router'
import { t } from '../words/words'

type Screens = typeof import('./screens')

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
  const screens = useSignal<Screens | undefined>(undefined)
  useEffect(() => void import('./screens').then((come) => (screens.value = come)), [])
  if (!screens.value) return null
  const { NewPhone, OldPhone } = screens.value
  return path[1] === 'new' ? <NewPhone /> : <OldPhone />
}
