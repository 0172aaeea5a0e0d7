/** The bar at the bottom: accounts, add, menu. */
import type { Draw } from '../start/draw'
import { drawIcon } from '../start/draw'
import { t } from '../words/words'

/** `attention` says what waits in the menu, if something does. */
export function drawDock<N>(draw: Draw<N>, here: 'accounts' | 'menu', attention?: string): N {
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
      draw('span', { class: 'icon-dot' }, drawIcon(draw, 'i-menu'), attention ? draw('span', { class: 'red-dot' }) : null),
      t('app.list.menu'),
      attention ? draw('span', { class: 'vh' }, attention) : null,
    ),
  )
}

/** The link that a keyboard meets first. */
export function drawSkip<N>(draw: Draw<N>): N {
  return draw('a', { class: 'skip', href: '#main' }, t('app.list.skip'))
}
