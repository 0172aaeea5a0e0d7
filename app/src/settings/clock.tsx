/** Two servers agree that this phone's clock is wrong: may codes of other sites
 *  be corrected too? */
import { Frame } from '../shell/frame'
import { Icon } from '../shell/icon'
import { back } from '../shell/router'
import { guard } from '../shell/trouble'
import { correctAll } from '../store/clock'
import { t } from '../words/words'

export function ClockScreen() {
  const agree = async () => {
    if (await guard(() => correctAll(true))) back('')
  }
  return (
    <Frame title={t('app.menu.clock')} from="">
      <div class="card stack">
        <Icon name="i-clock" look="i-l" />
        <p>{t('app.clock.text')}</p>
        <p class="small">{t('app.clock.until')}</p>
        <button class="btn primary" type="button" onClick={() => void agree()}>
          {t('app.clock.yes')}
        </button>
      </div>
    </Frame>
  )
}
