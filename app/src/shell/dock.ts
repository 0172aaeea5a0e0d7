/** The bar at the bottom: accounts, add, menu. */
import type { Draw } from '../start/draw'
import { drawIcon } from '../start/draw'
import { t } from '../words/words'

export function drawDock<N>(draw: Draw<N>, here: 'accounts' | 'menu'): N {
  const current = (name: string) => (name === here ? 'page' : undefined)
  return draw(
    'nav',
    { class: 'dock', 'aria-label': t('app.list.dock') },
    draw('a', { href: '#', 'aria-current': current('accounts') }, drawIcon(draw, 'i-accounts'), t('app.list.title')),
    draw(
      'a',
      { class: 'dock-main', href: '#add' },
      drawIcon(draw, 'i-scan'),
      draw('span', { class: 'vh' }, t('app.list.add')),
    ),
    draw(
      'a',
      { href: '#menu', 'aria-current': current('menu') },
      draw('span', { class: 'icon-dot' }, drawIcon(draw, 'i-menu')),
      t('app.list.menu'),
    ),
  )
}

/** The link that a keyboard meets first. */
export function drawSkip<N>(draw: Draw<N>): N {
  return draw('a', { class: 'skip', href: '#main' }, t('app.list.skip'))
}
