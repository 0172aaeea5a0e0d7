/** What the red dot at the menu means, in words; nothing while nothing waits. */
import { plugs } from '../plugs'
import { t } from '../words/words'

export function attention(): string | undefined {
  return plugs.some((plug) => plug.attention?.()) ? t('app.menu.attention') : undefined
}
