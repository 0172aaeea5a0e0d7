/** What can be read, and what to do about apps that let nothing out. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Format } from '../core/core'
import { loadCore } from '../core/plug'
import { Frame } from '../shell/frame'
import { Icon } from '../shell/icon'
import { language, t } from '../words/words'
import { TroubleNote } from './parts'
import { nameOf } from './said'

export function AppsScreen() {
  const formats = useSignal<Format[] | undefined>(undefined)
  const failed = useSignal(false)
  useEffect(() => {
    loadCore()
      .then((core) => core.ask('formats', {}))
      .then(({ result }) => (formats.value = listed(result)))
      .catch(() => (failed.value = true))
  }, [formats, failed])
  return (
    <Frame title={t('files.hub.apps')} from="files">
      <p class="lead">{t('files.apps.lead')}</p>
      {failed.value && <TroubleNote trouble={{ title: t('files.trouble.title'), text: t('files.trouble.core') }} />}
      <ul class="group" aria-busy={formats.value === undefined && !failed.value}>
        {formats.value?.map((format) => (
          <App key={format.id} format={format} />
        ))}
      </ul>
      <p class="note">
        <Icon name="i-info" look="i-s" />
        <span>{t('files.apps.unverified.text')}</span>
      </p>
    </Frame>
  )
}

/** Apps by their names; what is only recognised, to say what to do instead, is no app. */
function listed(formats: Format[]): Format[] {
  const { compare } = new Intl.Collator(language())
  return formats.filter(({ id }) => id !== 'openpgp' && id !== 'sqlite').sort((a, b) => compare(nameOf(a), nameOf(b)))
}

function App({ format }: { format: Format }) {
  return (
    <li class="line">
      <div class="what">
        <strong>{nameOf(format)}</strong>
        {format.encrypted && <span>{t('files.apps.sealed')}</span>}
      </div>
      <div class="row wrap gap-1 marks">
        {format.id === 'microsoft' && <span class="badge">{t('files.apps.terminal')}</span>}
        {!format.verified && <span class="badge caution">{t('files.apps.unverified')}</span>}
      </div>
    </li>
  )
}

/** Authy and Microsoft Authenticator: no file to read, and the honest way. */
export function NoExportScreen({ app }: { app: 'authy' | 'microsoft' }) {
  const name = app === 'authy' ? t('files.authy.title') : t('files.microsoft.title')
  return (
    <Frame title={name} from="files/import">
      <p class="note caution">
        <Icon name="i-block" look="i-s" />
        <span>{app === 'authy' ? t('files.authy.lead') : t('files.microsoft.lead')}</span>
      </p>
      <section class="card stack">
        <h2 class="text-md">{t('files.noexport.steps')}</h2>
        <ol class="numbered">
          <li>{t('files.noexport.step1', { app: name })}</li>
          <li>{t('files.noexport.step2')}</li>
          <li>{t('files.noexport.step3')}</li>
          <li>{t('files.noexport.step4', { app: name })}</li>
        </ol>
        {app === 'microsoft' && <p class="small">{t('files.microsoft.work')}</p>}
        <a class="btn primary" href="#add">
          <Icon name="i-scan" look="i-s" />
          {t('files.noexport.scan')}
        </a>
      </section>
      <section class="stack gap-2">
        <p class="small">{t('files.noexport.root')}</p>
        <p class="small">{app === 'authy' ? t('files.authy.root') : t('files.microsoft.root')}</p>
        {app === 'microsoft' && <code class="mono small">countersign import PhoneFactor</code>}
      </section>
    </Frame>
  )
}
