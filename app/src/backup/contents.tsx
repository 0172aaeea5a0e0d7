/** What is in a backup and what never is, in plain words. A test opens one and
 *  looks that they are true. */
import type { ComponentChildren } from 'preact'
import { t } from '../words/words'
import { Page } from './parts'

export function ContentsScreen() {
  return (
    <Page title={t('backup.contents')} from="backup">
      <Contents />
      <section class="card stack" aria-labelledby="backup-server">
        <h2 class="text-md" id="backup-server">{t('backup.contents.server')}</h2>
        <p class="small">{t('backup.contents.server.text')}</p>
        <p class="small">{t('backup.contents.format')}</p>
      </section>
    </Page>
  )
}

export function Contents() {
  return (
    <>
      <Part id="backup-in" title={t('backup.contents.in')}>
        <li>{t('backup.contents.in.other')}</li>
        <li>{t('backup.contents.in.order')}</li>
        <li>{t('backup.contents.in.settings')}</li>
        <li>{t('backup.contents.in.names')}</li>
      </Part>
      <Part id="backup-out" title={t('backup.contents.out')}>
        <li>{t('backup.contents.out.approve')}</li>
        <li>{t('backup.contents.out.codes')}</li>
        <li>{t('backup.contents.out.lock')}</li>
      </Part>
    </>
  )
}

function Part({ id, title, children }: { id: string; title: string; children: ComponentChildren }) {
  return (
    <section class="card stack" aria-labelledby={id}>
      <h2 class="text-md" id={id}>{title}</h2>
      <ul class="hints small">{children}</ul>
    </section>
  )
}
