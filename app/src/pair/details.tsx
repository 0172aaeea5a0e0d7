import { isPasswordless, securityURL, paired, type Paired } from '../remote/registrations'
import { lastApproved } from '../approve/last'
import { Icon } from '../shell/icon'
import { suspendedLead } from './suspended'
import { when } from '../words/when'
import { t } from '../words/words'

/** Accounts whose test is still to come, above the list. */
export function Unfinished() {
  const waiting = paired().filter(({ server }) => server.state === 'pending')
  return (
    <>
      {waiting.map(({ server }) => (
        <p class="note" key={server.registration}>
          <Icon name="i-phone" look="i-s" />
          <span>
            <strong>{t('app.pair.unfinished', { host: server.host })}</strong>
            <a href={`#pair/wait/${server.registration}`}>{t('app.pair.unfinished.more')}</a>
          </span>
        </p>
      ))}
    </>
  )
}

/** On the screen where accounts are typed in: a setup code is another way. */
export function TypeCode() {
  return (
    <a class="choice slim" href="#pair/code">
      <span class="mark plain sm">
        <Icon name="i-keyboard" look="i-s" />
      </span>
      <strong>{t('app.pair.ways.title')}</strong>
      <span>{t('app.pair.ways.what')}</span>
      <Icon name="i-chevron" />
    </a>
  )
}

/** Below the code of a personal or work account: how it stands with its server. */
export function PairedDetails({ entry }: { entry: Paired }) {
  const { registration, state, host } = entry.server
  const passwordless = isPasswordless(registration)
  const approved = lastApproved(registration)
  return (
    <>
      {state === 'removed' && (
        <p class="note caution">
          <Icon name="i-warn" look="i-s" />
          <span>
            <strong>{t('app.pair.removed.title')}</strong>
            {t('app.pair.removed.what')} <a href="#add">{t('app.pair.removed.again')}</a>
          </span>
        </p>
      )}
      {state === 'suspended' && (
        <p class="note caution">
          <Icon name="i-warn" look="i-s" />
          <span>
            <strong>{t('app.pair.suspended.title')}</strong>
            {suspendedLead(registration)}
          </span>
        </p>
      )}
      {state === 'pending' && (
        <p class="note">
          <Icon name="i-phone" look="i-s" />
          <span>
            <strong>{t('app.pair.unfinished', { host })}</strong>
            <a href={`#pair/wait/${registration}`}>{t('app.pair.unfinished.more')}</a>
          </span>
        </p>
      )}
      {state === 'active' && <OnThisDevice />}
      <div class="group">
        <a class="line" href={securityURL(registration)} target="_blank" rel="noreferrer">
          <Icon name="i-shield" />
          <span class="what">
            <strong>{t('app.pair.security')}</strong>
            <span>
              <bdi>{host}</bdi>
            </span>
          </span>
          <Icon name="i-external" />
        </a>
        <a class="line" href={`${securityURL(registration)}/activity`} target="_blank" rel="noreferrer">
          <Icon name="i-log" />
          <span class="what">
            <strong>{t('app.pair.activity')}</strong>
            {approved !== undefined && <span>{t('app.pair.activity.approved', { when: when(new Date(approved)) })}</span>}
          </span>
          <Icon name="i-external" />
        </a>
        {passwordless !== undefined && (
          <a class="line" href={securityURL(registration)} target="_blank" rel="noreferrer">
            <Icon name="i-phone" />
            <span class="what">
              <strong>{t('app.pair.passwordless')}</strong>
              <span>{passwordless ? t('app.pair.passwordless.on') : t('app.pair.passwordless.off')}</span>
            </span>
            <Icon name="i-external" />
          </a>
        )}
      </div>
    </>
  )
}

/** What this phone does for the account beside its codes. */
function OnThisDevice() {
  return (
    <>
      <h3 class="group-title">{t('app.pair.does')}</h3>
      <div class="group">
        <div class="line">
          <Icon name="i-check" />
          <span class="what">
            <strong>{t('app.pair.does.approve')}</strong>
            <span>{t('app.pair.does.approve.what')}</span>
          </span>
          <span class="badge ok">{t('app.pair.does.ready')}</span>
        </div>
      </div>
    </>
  )
}
