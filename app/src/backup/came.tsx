/** A sign-in came back: its token is used for what it was asked for, at once. */
import { useEffect } from 'preact/hooks'
import { replace } from '../shell/router'
import { toast } from '../shell/toast'
import { t } from '../words/words'
import { act, busy } from './act'
import type { Core } from './instep'
import { backup } from './kept'
import { Page, TroubleNote } from './parts'
import { takeToken } from './signin'
import { deleteThere, settle, signInAgain } from './turn'

/** What each screen does with its token; it answers with what to say of it. */
const deeds = {
  'backup/on': async (_: Core, issuer: string, token: string) => {
    await settle(issuer, token)
    return ''
  },
  'backup/again': async (core: Core, issuer: string, token: string) =>
    (await signInAgain(core, issuer, token)) ? t('backup.again.done') : t('backup.again.other', { login: backup.peek()?.login ?? '' }),
  'backup/delete': async (_: Core, issuer: string, token: string) =>
    (await deleteThere(issuer, token)) ? t('backup.delete.done') : t('backup.delete.other'),
}

export type Came = keyof typeof deeds

export function isCame(screen: string): screen is Came {
  return screen in deeds
}

export function CameScreen({ screen }: { screen: Came }) {
  useEffect(() => {
    void act(async (core) => {
      const came = await takeToken(screen)
      return came ? deeds[screen](core, came.issuer, came.token) : ''
    }).then((said) => {
      if (said === undefined) return // the screen says why
      replace('backup')
      if (said) toast(said)
    })
  }, [screen])
  return (
    <Page title={t('backup.menu')} from="backup">
      <div class="card stack">
        <p role="status">{busy.value ? t('backup.off.busy') : ''}</p>
        <TroubleNote />
        {!busy.value && (
          <a class="btn" href="#backup" data-instead>
            {t('backup.menu')}
          </a>
        )}
      </div>
    </Page>
  )
}
