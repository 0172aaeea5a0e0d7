/** The phone that was lost. What it can do ends only where it is known: at each
 *  sign-in service, and in the backup. This one is tried first: whoever removes the
 *  old phone and then finds out that the new one does not work is locked out. */
import { backup } from '../backup/kept'
import { hostOf } from '../pair/link'
import { paired, securityURL } from '../remote/registrations'
import { Icon } from '../shell/icon'
import { t } from '../words/words'
import { Page } from './parts'
import type { Listing } from './recovery'

export function Lost({ of }: { of: Listing }) {
  const services = new Map(paired().flatMap(({ server }) => (server.state === 'active' ? [[server.issuer, server] as const] : [])))
  return (
    <Page at="accounts" from="recover">
      <div class="stack">
        <h2 class="title big">{t('recover.lost.title')}</h2>
        <p class="lead">{t('recover.lost.lead')}</p>
        <ol class="card numbered">
          <li>{t('recover.lost.try')}</li>
          <li>{t('recover.lost.compare')}</li>
        </ol>
      </div>
      <h3 class="group-title">{t('recover.lost.then')}</h3>
      <div class="group">
        {[...services.values()].map(({ issuer, registration, host }) => (
          <a class="line" key={issuer} href={securityURL(registration)} target="_blank" rel="noreferrer">
            <Icon name="i-shield" />
            <span class="what">
              <strong>
                {t('recover.lost.service', { host })}
              </strong>
              <span>{t('recover.lost.service.text')}</span>
            </span>
            <Icon name="i-external" />
          </a>
        ))}
        <a class="line" href={backup.value ? '#backup/ways' : '#backup'}>
          <Icon name="i-cloud" />
          <span class="what">
            <strong>{t('recover.lost.backup')}</strong>
            <span>{backup.value ? t('recover.lost.backup.text') : t('recover.lost.backup.off')}</span>
          </span>
          <Icon name="i-chevron" />
        </a>
        {!backup.value && <Place issuer={of.issuer} />}
      </div>
      <p class="note info">
        <Icon name="i-info" look="i-s" />
        <span>{t('recover.lost.others')}</span>
      </p>
    </Page>
  )
}

/** Without a backup here, the old phone's access to the place can be ended at least. */
function Place({ issuer }: { issuer: string }) {
  return (
    <a class="line" href={`${issuer}/security/backup`} target="_blank" rel="noreferrer">
      <Icon name="i-shield" />
      <span class="what">
        <strong>{t('recover.lost.place', { host: hostOf(issuer) })}</strong>
        <span>{t('recover.lost.place.text')}</span>
      </span>
      <Icon name="i-external" />
    </a>
  )
}
