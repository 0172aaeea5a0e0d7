import { useState } from 'preact/hooks'
import { replace } from '../shell/router'
import { device } from '../words/here'
import { t } from '../words/words'
import { goodName, kindOf, longestName, platformOf } from './device'
import { hostOf, type Offer } from './link'
import { add } from './pairing'
import { Screen } from './screen'

/** "Add **id.aoba.example**?" Nothing has been sent when this is on the screen. */
export function Confirm({ offer, busy = false }: { offer: Offer; busy?: boolean }) {
  const [name, setName] = useState(defaultName)
  const confirm = (event: Event) => {
    event.preventDefault()
    if (busy) return
    replace('pair') // the secret leaves the address
    const { userAgent, maxTouchPoints } = navigator
    void add(offer, goodName(name) || defaultName(), platformOf(userAgent, maxTouchPoints))
  }
  return (
    <Screen>
      <form class="stack confirm" onSubmit={confirm} aria-busy={busy}>
        <div class="card stack center host-card">
          <p class="small">{t('app.pair.confirm.ask')}</p>
          <p class="title big host">
            <bdi>{hostOf(offer.issuer)}</bdi>
          </p>
        </div>
        <p class="lead">{t('app.pair.confirm.what')}</p>
        <div class="field">
          <label for="device-name">{t('app.pair.confirm.name')}</label>
          <input
            id="device-name"
            type="text"
            autocomplete="off"
            maxLength={longestName}
            value={name}
            disabled={busy}
            onInput={(event) => setName(event.currentTarget.value)}
          />
          <p class="hint">{t('app.pair.confirm.name.hint')}</p>
        </div>
        <p class="note caution">{t('app.pair.confirm.caution')}</p>
        <div class="btns">
          <button class="btn tall" type="button" onClick={() => replace('')}>
            {t('app.pair.confirm.no')}
          </button>
          <button class="btn primary tall" type="submit" aria-disabled={busy}>
            {busy ? t('app.pair.confirm.busy') : t('app.pair.confirm.yes')}
          </button>
        </div>
      </form>
    </Screen>
  )
}

function defaultName(): string {
  switch (kindOf(navigator.userAgent, navigator.maxTouchPoints)) {
    case 'iphone':
      return 'iPhone'
    case 'ipad':
      return 'iPad'
    case 'android':
      return device() === 'tablet' ? t('app.pair.device.android.tablet') : t('app.pair.device.android')
    case 'windows':
      return t('app.pair.device.windows')
    case 'mac':
      return 'Mac'
    case 'chromebook':
      return 'Chromebook'
    case 'linux':
      return t('app.pair.device.linux')
    case 'other':
      return t('app.pair.device.other')
  }
}
