/** What this is, which version, and whose work is in it. */
import { Frame } from '../shell/frame'
import { Icon } from '../shell/icon'
import { t } from '../words/words'
import { version } from './version'

/** The parts of others that run here; their licences lie in `licences.txt`. */
const parts = ['Preact', 'Preact Signals', 'zxing-wasm', 'zxing-cpp']

export function AboutScreen() {
  const [number = '', build = ''] = version().split('+')
  return (
    <Frame title={t('app.menu.about')} from="menu">
      <div class="card stack">
        <p class="brand">
          <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
            <use href="#logo" />
          </svg>
          Countersign
        </p>
        <dl class="facts">
          <dt>{t('app.about.version')}</dt>
          <dd>{number}</dd>
          <dt>{t('app.about.build')}</dt>
          <dd class="mono">{build}</dd>
          <dt>{t('app.about.from')}</dt>
          <dd>{location.host}</dd>
        </dl>
        <p class="small">{t('app.about.text')}</p>
      </div>
      <div class="group">
        <a class="line" href="/licences.txt" target="_blank" rel="noopener">
          <Icon name="i-log" />
          <span class="what">
            <strong>{t('app.about.licences')}</strong>
            <span>{parts.join(', ')}</span>
          </span>
          <Icon name="i-external" />
        </a>
      </div>
    </Frame>
  )
}
