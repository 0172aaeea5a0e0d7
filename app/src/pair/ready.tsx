import { useEffect } from 'preact/hooks'
import { Seal, Title } from '../approve/parts'
import { PushOffer } from '../push/offer'
import { ofRegistration } from '../remote/registrations'
import { t } from '../words/words'

/** The registrations that were welcomed since the app was opened. */
export const greeted = new Set<string>()

/** The test went through: what happens from now on, and whether this phone may
 *  call out when it does. The page that offered has the last word: until it has
 *  spoken, this is not ready. */
export function Ready({ registration, done }: { registration: string; done: () => void }) {
  const entry = ofRegistration(registration)
  const active = entry?.server.state === 'active'
  useEffect(() => {
    if (active) greeted.add(registration)
  }, [active, registration])
  const leave = () => {
    greeted.add(registration) // who has seen enough is not shown the end again
    done()
  }
  return (
    <div class="app narrow end">
      <main>
        <div class="verdict">
          <Seal is="joined" />
          <Title text={active ? t('app.pair.ready.title') : t('app.pair.ready.soon')} />
          {active && entry ? (
            <p class="lead">{t('app.pair.ready.lead', { name: entry.name, host: entry.server.host })}</p>
          ) : (
            <p class="waiting" role="status">
              <span class="pulse" />
              {t('app.pair.ready.soon.lead')}
            </p>
          )}
        </div>
        {active && entry?.server.pushKey && <PushOffer />}
        <button class="btn wide tall" type="button" onClick={leave}>
          {t('app.pair.ready.done')}
        </button>
      </main>
    </div>
  )
}
