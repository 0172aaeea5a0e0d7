/** An account that came back by its names: what makes its codes and approves for
 *  the person is tied to one phone, so this one gets its own. */
import type { Entry, Server } from '../store/vault'
import { Icon } from '../shell/icon'
import { t } from '../words/words'

export function Restore({ entry: { kind, server } }: { entry: Entry & { server: Server } }) {
  const work = kind === 'work'
  const scan = (
    <a class={work ? 'choice first slim' : 'choice slim'} href="#add">
      <span class="mark plain">
        <Icon name="i-qr" />
      </span>
      <strong>{t('recover.restore.scan')}</strong>
      <span>{t('recover.restore.scan.text', { host: server.host })}</span>
      <Icon name="i-chevron" />
    </a>
  )
  const signIn = (
    <a class={work ? 'choice slim' : 'choice first slim'} href={`${server.issuer}/security/add`} target="_blank" rel="noreferrer">
      <span class="mark plain">
        <Icon name="i-user" />
      </span>
      <strong>{t('recover.restore.signin')}</strong>
      <span>{work ? t('recover.restore.pass') : t('recover.restore.signin.text')}</span>
      <Icon name="i-external" />
    </a>
  )
  return (
    <div class="stack">
      <h2 class="title">{work ? t('recover.restore.work') : t('recover.restore.title')}</h2>
      <p class="lead">{t('recover.restore.lead')}</p>
      <div class="stack gap-3">
        {work ? [scan, signIn] : [signIn, scan]}
      </div>
      <p class="note info">
        <Icon name="i-help" look="i-s" />
        <span>{work ? t('recover.restore.desk') : t('recover.restore.stuck', { host: server.host })}</span>
      </p>
    </div>
  )
}
