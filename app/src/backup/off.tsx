/** The backup is off: what it would be, and the sign-in that turns it on. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { hostOf } from '../pair/link'
import { Icon } from '../shell/icon'
import { LinkLine } from '../shell/line'
import { t } from '../words/words'
import { act, busy, trouble } from './act'
import { Contents } from './contents'
import { ownIssuer } from './home'
import { Page, TroubleNote } from './parts'
import { signIn } from './signin'
import { OtherServer, useWhere } from './where'

export function OffScreen() {
  const issuer = useSignal<string | undefined>(undefined)
  const looked = useSignal(false)
  const where = useWhere()
  const look = () => {
    looked.value = false
    void ownIssuer()
      .then((found) => (issuer.value = found))
      .catch(() => undefined)
      .then(() => (looked.value = true))
  }
  useEffect(look, [])
  const go = () => {
    const to = where.read(issuer.value)
    if (to) void act(() => signIn({ issuer: to, scope: 'backup', screen: 'backup/on' }), to)
  }
  const ready = issuer.value || where.other.value
  const again = trouble.value !== ''
  return (
    <Page title={t('backup.menu')} from="menu">
      <p class="lead">{t('backup.off.lead')}</p>
      <section class="card stack" aria-labelledby="backup-where">
        <h2 class="text-md" id="backup-where">{t('backup.off.where')}</h2>
        {ready ? (
          <>
            {!where.other.value && issuer.value && <p class="small">{t('backup.off.where.text', { host: hostOf(issuer.value) })}</p>}
            <p class="small">{t('backup.off.work')}</p>
          </>
        ) : (
          <p class="small" role="status">{looked.value ? t('backup.off.where.none') : t('backup.off.busy')}</p>
        )}
        {!ready && looked.value && (
          <button class="btn" type="button" onClick={look}>
            {t('backup.begin.again')}
          </button>
        )}
        <OtherServer where={where} />
        <TroubleNote />
        {ready && (
          <button class="btn primary" type="button" aria-disabled={busy.value} onClick={go}>
            <Icon name={again ? 'i-refresh' : 'i-cloud'} look="i-s" />
            {busy.value ? t('backup.off.busy') : again ? t('backup.begin.again') : t('backup.off.go')}
          </button>
        )}
      </section>
      <Contents />
      <div class="group">
        <LinkLine icon="i-restore" title={t('backup.checkup')} text={t('backup.checkup.row')} to="checkup" />
      </div>
    </Page>
  )
}
