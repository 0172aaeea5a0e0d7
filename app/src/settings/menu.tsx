/** The menu: how the app looks and speaks, where it lies, what it is. */
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { plugs } from '../plugs'
import { Frame } from '../shell/frame'
import { Icon } from '../shell/icon'
import { openSheet } from '../shell/router'
import { Dialog } from '../shell/sheets'
import { toast } from '../shell/toast'
import { correctAll, wrong } from '../store/clock'
import { guard } from '../shell/trouble'
import { vault } from '../store/store'
import { languages, t } from '../words/words'
import { changeSettings, openLanguageSheet, openThemeSheet, shownLanguage, themeName } from './choices'
import { install, installable, isTabOfIOS } from './install'
import { askPersistence, learnPersistence, persisted } from './storage'
import { version } from './version'

export function MenuScreen() {
  const { settings } = vault.value
  return (
    <Frame title={t('app.list.menu')} dock="menu">
      <div class="group">{plugs.map((plug, i) => plug.menuTop && <plug.menuTop key={i} />)}</div>
      <h2 class="group-title">{t('app.menu.codes')}</h2>
      <div class="group">
        <Switch
          icon="i-eye"
          title={t('app.menu.hide')}
          text={t('app.menu.hide.text')}
          on={settings.hideCodes === true}
          turn={(hideCodes) => void changeSettings({ hideCodes })}
        />
        <Switch
          icon="i-otp"
          title={t('app.menu.next')}
          text={t('app.menu.next.text')}
          on={settings.nextEarly}
          turn={(nextEarly) => void changeSettings({ nextEarly })}
        />
        <Clock />
      </div>
      <h2 class="group-title">{t('app.menu.app')}</h2>
      <div class="group">
        {plugs.map((plug, i) => plug.menu && <plug.menu key={i} />)}
        <Line icon="i-moon" title={t('app.menu.theme')} value={themeName(settings.theme)} act={openThemeSheet} />
        <Line icon="i-lang" title={t('app.menu.language')} value={languages[shownLanguage.value]} act={openLanguageSheet} />
        <Install />
        <Persistence />
        <a class="line" href="#menu/about">
          <Icon name="i-info" />
          <span class="what">
            <strong>{t('app.menu.about')}</strong>
          </span>
          <Icon name="i-chevron" />
        </a>
      </div>
      <div class="group">
        <a class="line danger-text" href="#menu/erase">
          <Icon name="i-trash" />
          <span class="what">
            <strong>{t('app.erase')}</strong>
          </span>
          <Icon name="i-chevron" />
        </a>
      </div>
      <p class="tiny center">{t('app.menu.foot', { version: version().split('+')[0] ?? '' })}</p>
    </Frame>
  )
}

type LineProps = { icon: string; title: string; text?: string; value?: string; act: () => void }

/** A line that opens a sheet. Parts of the app draw theirs with it too. */
export function Line({ icon, title, text, value, act }: LineProps) {
  return (
    <button class="line" type="button" onClick={act}>
      <Icon name={icon} />
      <span class="what">
        <strong>{title}</strong>
        {text && <span>{text}</span>}
      </span>
      {value && <span class="val">{value}</span>}
      <Icon name="i-chevron" />
    </button>
  )
}

type SwitchProps = { icon: string; title: ComponentChildren; text?: string; on: boolean; turn: (on: boolean) => void }

/** A line with a switch. */
export function Switch({ icon, title, text, on, turn }: SwitchProps) {
  const touched = (event: Event) => {
    const field = event.currentTarget as HTMLInputElement
    const wanted = field.checked
    field.checked = on // it moves when the change is on the disk
    turn(wanted)
  }
  return (
    <label class="line">
      <Icon name={icon} />
      <span class="what">
        <strong>{title}</strong>
        {text && <span>{text}</span>}
      </span>
      <input class="switch" type="checkbox" role="switch" checked={on} onChange={touched} />
    </label>
  )
}

/** There when two servers agree that this phone's clock is wrong, or when the person once agreed. */
function Clock() {
  const on = vault.value.settings.clockOffset !== 0
  if (!on && !wrong.value?.certain) return null
  return (
    <Switch
      icon="i-clock"
      title={t('app.menu.clock')}
      text={t('app.menu.clock.text')}
      on={on}
      turn={(yes) => void guard(() => correctAll(yes))}
    />
  )
}

function Install() {
  if (installable.value) {
    return <Line icon="i-download" title={t('app.menu.install')} text={t('app.menu.install.text')} act={() => void install()} />
  }
  return isTabOfIOS() ? <Line icon="i-download" title={t('app.menu.install')} act={showSteps} /> : null
}

function showSteps(): void {
  openSheet({
    draw: (close) => (
      <Dialog title={t('app.menu.install')} close={close}>
        <p>{t('app.ios.lead')}</p>
        <ol class="numbered">
          <li>{t('app.ios.share')}</li>
          <li>{t('app.ios.add')}</li>
          <li>{t('app.ios.open')}</li>
        </ol>
        <p class="small">{t('app.ios.apart')}</p>
      </Dialog>
    ),
  })
}

function Persistence() {
  useEffect(() => void learnPersistence(), [])
  if (persisted.value === undefined) return null
  if (persisted.value) {
    return (
      <div class="line">
        <Icon name="i-shield" />
        <span class="what">
          <strong>{t('app.menu.storage')}</strong>
          <span>{t('app.menu.storage.kept')}</span>
        </span>
      </div>
    )
  }
  const ask = async () => toast((await askPersistence()) ? t('app.menu.storage.kept') : t('app.menu.storage.not'))
  return <Line icon="i-shield" title={t('app.menu.storage')} text={t('app.menu.storage.loose')} act={() => void ask()} />
}
