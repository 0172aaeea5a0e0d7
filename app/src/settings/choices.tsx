/** Language and look: chosen here, kept in the vault with everything else. */
import { signal } from '@preact/signals'
import { openSheet } from '../shell/router'
import { wear } from '../shell/look'
import { Dialog } from '../shell/sheets'
import { guard } from '../shell/trouble'
import { Icon } from '../shell/icon'
import { store, vault } from '../store/store'
import type { Language, Settings, Theme } from '../store/vault'
import { loadWords } from '../words/load'
import { language, languages, preferred, speak, t } from '../words/words'

/** The language on the screen; everything is drawn again when it changes. */
export const shownLanguage = signal<Language>(language())

/** Changes settings; true if the change is on the disk. */
export function changeSettings(changed: Partial<Settings>): Promise<boolean> {
  return guard(() => store.change((before) => ({ ...before, settings: { ...before.settings, ...changed } })))
}

/** Speaks another language from now on: what is seen is also kept. */
export async function chooseLanguage(lang: Language): Promise<void> {
  const words = await loadWords(lang)
  await changeSettings({ language: lang })
  speak(lang, words)
  shownLanguage.value = lang
}

async function chooseTheme(theme: Theme | undefined): Promise<void> {
  const { theme: _, ...others } = vault.peek().settings
  await guard(() => store.change((before) => ({ ...before, settings: theme ? { ...others, theme } : others })))
  wear(theme)
}

/** Speaks and looks as another tab decided. */
export function followChoices(): void {
  vault.subscribe(({ settings }) => {
    wear(settings.theme)
    const lang = preferred(settings.language)
    if (settings.language && lang !== shownLanguage.peek()) {
      void loadWords(lang).then((words) => {
        speak(lang, words)
        shownLanguage.value = lang
      })
    }
  })
}

export function themeName(theme: Theme | undefined): string {
  if (theme === 'light') return t('app.theme.light')
  return theme === 'dark' ? t('app.theme.dark') : t('app.theme.phone')
}

export function openThemeSheet(): void {
  const options: [Theme | '', string][] = [
    ['', themeName(undefined)],
    ['light', themeName('light')],
    ['dark', themeName('dark')],
  ]
  const choose = (name: Theme | '') => void chooseTheme(name === '' ? undefined : name)
  openSheet({
    draw: (close) => (
      <Choices title={t('app.menu.theme')} now={vault.value.settings.theme ?? ''} options={options} choose={choose} close={close} />
    ),
  })
}

export function openLanguageSheet(): void {
  const options = Object.entries(languages) as [Language, string][]
  const choose = (lang: Language) => void chooseLanguage(lang)
  openSheet({
    draw: (close) => (
      <Choices title={t('app.menu.language')} now={shownLanguage.value} options={options} choose={choose} close={close} />
    ),
  })
}

type ChoicesProps<T extends string> = {
  title: string
  now: T
  options: [T, string][]
  choose: (choice: T) => void
  close: () => void
}

/** A sheet with choices, the present one marked. */
export function Choices<T extends string>({ title, now, options, choose, close }: ChoicesProps<T>) {
  const pick = (choice: T) => {
    choose(choice)
    close()
  }
  return (
    <Dialog title={title} close={close}>
      <div class="group">
        {options.map(([name, label]) => (
          <button class="line" type="button" key={name} aria-pressed={name === now} onClick={() => pick(name)}>
            <span class="what">
              <strong lang={name === 'ja' || name === 'en' ? name : undefined}>{label}</strong>
            </span>
            {name === now && <Icon name="i-check" />}
          </button>
        ))}
      </div>
    </Dialog>
  )
}
