import { useEffect } from 'preact/hooks'
import { Seal, Title } from '../approve/parts'
import { PushOffer } from '../push/offer'
import { ofRegistration } from '../remote/registrations'
import { t } from '../words/words'

/** The registrations that were welcomed since the app was opened. */
export const greeted = new Set<string>()

/** The test went through: what happens from now on, and whether this phone may
 *  call out when it does. */
export function Ready({ registration, done }: { registration: string; done: () => void }) {
  const entry = ofRegistration(registration)
  useEffect(() => {
    greeted.add(registration)
  }, [registration])
  return (
    <div class="app narrow end">
      <main>
        <div class="verdict">
          <Seal is="joined" />
          <Title text={t('app.pair.ready.title')} />
          <p class="lead">{t('app.pair.ready.lead', { name: entry?.name ?? '', host: entry?.server.host ?? '' })}</p>
        </div>
        {entry?.server.pushKey && <PushOffer />}
        <button class="btn wide tall" type="button" onClick={done}>
          {t('app.pair.ready.done')}
        </button>
      </main>
    </div>
  )
}
