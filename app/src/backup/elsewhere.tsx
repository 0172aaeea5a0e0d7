/** A sign-in came back to a window that knows nothing of it: an installed app
 *  began it, another browser, or somebody else. */
import { Frame } from '../shell/frame'
import { Icon } from '../shell/icon'
import { t } from '../words/words'

export function ElsewhereScreen() {
  return (
    <Frame title={t('backup.elsewhere')} from="">
      <div class="card stack">
        <h2>{t('backup.elsewhere.title')}</h2>
        <p>{t('backup.elsewhere.text')}</p>
        <p>
          <strong>{t('backup.elsewhere.do')}</strong>
        </p>
        <a class="btn primary" href="#" data-instead>
          {t('backup.elsewhere.list')}
        </a>
      </div>
      <p class="note caution">
        <Icon name="i-warn" look="i-s" />
        <span>{t('backup.elsewhere.stranger')}</span>
      </p>
    </Frame>
  )
}
