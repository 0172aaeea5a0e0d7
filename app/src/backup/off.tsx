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

export function OffScreen() {
  const issuer = useSignal<string | undefined>(undefined)
  const looked = useSignal(false)
  const look = () => {
    looked.value = false
    void ownIssuer()
      .then((found) => (issuer.value = found))
      .catch(() => undefined)
      .then(() => (looked.value = true))
  }
  useEffect(look, [])
  const go = (to: string) => void act(() => signIn({ issuer: to, scope: 'backup', screen: 'backup/on' }), to)
  const again = trouble.value !== ''
  return (
    <Page title={t('backup.menu')} from="menu">
      <p class="lead">{t('backup.off.lead')}</p>
      <section class="card stack" aria-labelledby="backup-where">
        <h2 class="text-md" id="backup-where">{t('backup.off.where')}</h2>
        {issuer.value ? (
          <>
            <p class="small">{t('backup.off.where.text', { host: hostOf(issuer.value) })}</p>
            <p class="small">{t('backup.off.work')}</p>
          </>
        ) : (
          <p class="small" role="status">{looked.value ? t('backup.off.where.none') : t('backup.off.busy')}</p>
        )}
        {!issuer.value && looked.value && (
          <button class="btn" type="button" onClick={look}>
            {t('backup.begin.again')}
          </button>
        )}
        <TroubleNote />
        {issuer.value && (
          <button class="btn primary" type="button" aria-disabled={busy.value} onClick={() => go(issuer.value ?? '')}>
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
