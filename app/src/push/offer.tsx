import { useState } from 'preact/hooks'
import { Icon } from '../shell/icon'
import { t } from '../words/words'
import { installed } from '../pair/where'
import { pushState, turnOn } from './push'

/** Asks for notifications in our own words, before the browser asks in its. */
export function PushOffer() {
  const [busy, setBusy] = useState(false)
  const state = pushState.value
  if (state === 'on' && !busy) return null
  const ask = async () => {
    setBusy(true)
    await turnOn().finally(() => setBusy(false))
  }
  return (
    <section class="card stack" aria-labelledby="push-offer">
      <h2 class="row" id="push-offer">
        <Icon name="i-bell" look="i-s" />
        {t('app.push.offer.title')}
      </h2>
      <p class="small" role="status">
        {stateWords()}
      </p>
      {(state === 'off' || state === 'failing') && (
        <button class="btn primary" type="button" aria-disabled={busy} onClick={() => void ask()}>
          {state === 'off' ? t('app.push.offer.yes') : t('app.push.again')}
        </button>
      )}
    </section>
  )
}

/** The line of the menu that says whether this phone calls out. */
export function PushLine() {
  const state = pushState.value
  return (
    <div class="line">
      <Icon name="i-bell" />
      <div class="what">
        <strong>{t('app.push.title')}</strong>
        <span>{state === 'off' ? t('app.push.line.off') : stateWords()}</span>
      </div>
      {(state === 'off' || state === 'failing') && (
        <button class="btn sm" type="button" onClick={() => void turnOn()}>
          {state === 'off' ? t('app.push.on.do') : t('app.push.again')}
        </button>
      )}
    </div>
  )
}

function stateWords(): string {
  switch (pushState.value) {
    case 'off':
      return t('app.push.off')
    case 'on':
      return t('app.push.on')
    case 'refused':
      return t('app.push.refused')
    case 'failing':
      return t('app.push.failing')
    case 'impossible':
      return installed() ? t('app.push.impossible') : t('app.push.install')
  }
}
