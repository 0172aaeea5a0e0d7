/** What can come here and what can leave. */
import { Frame } from '../shell/frame'
import { Icon } from '../shell/icon'
import { vault } from '../store/store'
import { t } from '../words/words'

export function FilesScreen() {
  const some = vault.value.entries.some(({ kind }) => kind === 'other')
  return (
    <Frame title={t('files.menu')} from="menu">
      <h2 class="group-title">{t('files.hub.import')}</h2>
      <div class="group">
        <Way to="files/import" icon="i-download" title={t('files.hub.from')} text={t('files.hub.from.text')} />
        <Way to="files/apps" icon="i-apps" title={t('files.hub.apps')} />
      </div>
      <h2 class="group-title">{t('files.hub.export')}</h2>
      {some ? (
        <div class="group">
          <Way to="files/export/sealed" icon="i-shield" title={t('files.export.own')} text={t('files.export.own.text')} />
          <Way to="files/export/aegis" icon="i-lock" title={t('files.export.aegis')} text={t('files.export.aegis.text')} />
          <Way to="files/export/google" icon="i-qr" title={t('files.export.google')} text={t('files.export.google.text')} />
          <Way to="files/export/paper" icon="i-log" title={t('files.export.paper')} text={t('files.export.paper.text')} />
          <Way to="files/export/otpauth" icon="i-external" title={t('files.export.otpauth')} text={t('files.export.otpauth.text')} />
        </div>
      ) : (
        <p class="small">{t('files.hub.none')}</p>
      )}
    </Frame>
  )
}

/** A line that leads on. */
export function Way({ to, icon, title, text }: { to: string; icon: string; title: string; text?: string }) {
  return (
    <a class="line" href={`#${to}`}>
      <Icon name={icon} />
      <span class="what">
        <strong>{title}</strong>
        {text && <span>{text}</span>}
      </span>
      <Icon name="i-chevron" />
    </a>
  )
}
