/** The first launch. In a tab of iOS the first step is another one: there the
 *  installed app and Safari do not share storage, so what is added in the tab
 *  would not be in the app. */
import { useSignal } from '@preact/signals'
import { plugs } from '../plugs'
import { useTitle } from '../shell/frame'
import { Icon } from '../shell/icon'
import { chooseLanguage } from '../settings/choices'
import { isTabOfIOS } from '../settings/install'
import { language, languages, t } from '../words/words'

const stays = 'stay-in-tab'

export function Welcome() {
  useTitle(t('app.welcome.window'))
  const inTab = useSignal(isTabOfIOS() && sessionStorage.getItem(stays) === null)
  const useTab = () => {
    sessionStorage.setItem(stays, 'yes')
    inTab.value = false
  }
  return (
    <main class="welcome" id="main" tabIndex={-1}>
      <div class="row spread">
        <span class="brand">
          <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
            <use href="#logo" />
          </svg>
          Countersign
        </span>
        <OtherLanguage />
      </div>
      {inTab.value ? <InstallFirst stay={useTab} /> : <Begin />}
    </main>
  )
}

function Begin() {
  return (
    <>
      <Art />
      <div class="stack">
        <h1 class="title huge" tabIndex={-1}>
          {t('app.welcome.title')}
        </h1>
        <p class="lead">{t('app.welcome.lead')}</p>
        <a class="choice first" href="#add">
          <span class="mark plain">
            <Icon name="i-scan" />
          </span>
          <strong>{t('app.add')}</strong>
          <span>{t('app.welcome.add')}</span>
          <Icon name="i-chevron" />
        </a>
        {plugs.map((plug, i) => plug.welcome && <plug.welcome key={i} />)}
        <p class="tiny center">{t('app.welcome.offline')}</p>
      </div>
    </>
  )
}

/** The words of the share sheet are Safari's own. */
function InstallFirst({ stay }: { stay: () => void }) {
  return (
    <>
      <Art />
      <div class="stack">
        <h1 class="title big" tabIndex={-1}>
          {t('app.ios.title')}
        </h1>
        <p class="lead">{t('app.ios.lead')}</p>
        <ol class="card numbered">
          <li>{t('app.ios.share')}</li>
          <li>{t('app.ios.add')}</li>
          <li>{t('app.ios.open')}</li>
        </ol>
        <button class="btn quiet" type="button" onClick={stay}>
          {t('app.ios.stay')}
        </button>
      </div>
    </>
  )
}

function OtherLanguage() {
  const other = language() === 'en' ? 'ja' : 'en'
  return (
    <button class="btn quiet sm" type="button" lang={other} onClick={() => void chooseLanguage(other)}>
      <Icon name="i-lang" look="i-s" />
      {languages[other]}
    </button>
  )
}

/** The two halves: the number on the page, the same number on the phone. */
function Art() {
  return (
    <div class="art">
      <svg viewBox="0 0 240 204" aria-hidden="true">
        <path class="art-a" d="M10 99a94 94 0 0 1 188 0Z" />
        <path class="art-b" d="M42 105a94 94 0 0 0 188 0Z" />
        <g class="art-a">
          <use href="#n4" x="60" y="34" width="38" height="54" />
          <use href="#n7" x="108" y="34" width="38" height="54" />
        </g>
        <g class="art-b">
          <use href="#n4" x="92" y="116" width="38" height="54" />
          <use href="#n7" x="140" y="116" width="38" height="54" />
        </g>
      </svg>
    </div>
  )
}
