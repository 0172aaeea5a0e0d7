/** What can come here and what can leave. */
import { Frame } from '../shell/frame'
import { LinkLine } from '../shell/line'
import { vault } from '../store/store'
import { t } from '../words/words'

export function FilesScreen() {
  const some = vault.value.entries.some(({ kind }) => kind === 'other')
  return (
    <Frame title={t('files.menu')} from="menu">
      <h2 class="group-title">{t('files.hub.import')}</h2>
      <div class="group">
        <LinkLine to="files/import" icon="i-download" title={t('files.hub.from')} text={t('files.hub.from.text')} />
        <LinkLine to="files/apps" icon="i-apps" title={t('files.hub.apps')} />
      </div>
      <h2 class="group-title">{t('files.hub.export')}</h2>
      {some ? (
        <div class="group">
          <LinkLine to="files/export/sealed" icon="i-shield" title={t('files.export.own')} text={t('files.export.own.text')} />
          <LinkLine to="files/export/aegis" icon="i-lock" title={t('files.export.aegis')} text={t('files.export.aegis.text')} />
          <LinkLine to="files/export/google" icon="i-qr" title={t('files.export.google')} text={t('files.export.google.text')} />
          <LinkLine to="files/export/paper" icon="i-log" title={t('files.export.paper')} text={t('files.export.paper.text')} />
          <LinkLine to="files/export/otpauth" icon="i-external" title={t('files.export.otpauth')} text={t('files.export.otpauth.text')} />
        </div>
      ) : (
        <p class="small">{t('files.hub.none')}</p>
      )}
    </Frame>
  )
}
