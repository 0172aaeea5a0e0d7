import { useState } from 'preact/hooks'
import { Icon } from '../shell/icon'
import { installOffer } from '../start/install'
import { t } from '../words/words'
import { kindOf } from './device'
import { Screen } from './screen'

/** A pairing link in a browser tab. The offer is still whole: nothing here
 *  takes it but the last button, and that one asks first. */
export function Tab({ stay }: { stay: () => void }) {
  return (
    <Screen>
      <p class="lead">{t('app.pair.tab.lead')}</p>
      <HaveApp />
      <InstallFirst />
      <section class="card stack" aria-labelledby="tab-stay">
        <h2 id="tab-stay">{t('app.pair.tab.stay')}</h2>
        <p class="small">{t('app.pair.tab.stay.what')}</p>
        <button class="btn" type="button" onClick={stay}>
          {t('app.pair.tab.stay.do')}
        </button>
      </section>
    </Screen>
  )
}

function HaveApp() {
  const [said, setSaid] = useState('')
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(location.href)
      setSaid(t('app.pair.tab.app.copied'))
    } catch {
      setSaid(t('app.list.copied.not'))
    }
  }
  return (
    <section class="card stack" aria-labelledby="tab-app">
      <h2 id="tab-app">{t('app.pair.tab.app')}</h2>
      <p class="small">{t('app.pair.tab.app.what')}</p>
      <button class="btn primary" type="button" onClick={() => void copy()}>
        <Icon name="i-copy" look="i-s" />
        {t('app.pair.tab.app.copy')}
      </button>
      <p class="small" role="status">
        {said}
      </p>
    </section>
  )
}

function InstallFirst() {
  const offer = installOffer()
  return (
    <section class="card stack" aria-labelledby="tab-install">
      <h2 id="tab-install">{t('app.pair.tab.install')}</h2>
      <p class="small">{offer ? t('app.pair.tab.install.what') : howToInstall()}</p>
      {offer && (
        <button class="btn" type="button" onClick={() => void offer.prompt()}>
          <Icon name="i-download" look="i-s" />
          {t('app.pair.tab.install.do')}
        </button>
      )}
    </section>
  )
}

function howToInstall(): string {
  switch (kindOf(navigator.userAgent, navigator.maxTouchPoints)) {
    case 'iphone':
    case 'ipad':
      return t('app.pair.tab.install.ios')
    case 'android':
      return t('app.pair.tab.install.android')
    default:
      return t('app.pair.tab.install.computer')
  }
}
