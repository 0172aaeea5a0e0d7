import { useEffect, useState } from 'preact/hooks'
import { Seal } from '../approve/parts'
import { Icon } from '../shell/icon'
import { deciding } from '../approve/state'
import { ofRegistration } from '../remote/registrations'
import { replace } from '../shell/router'
import { t } from '../words/words'
import { Failed } from './failed'
import { step } from './pairing'
import { greeted, Ready } from './ready'
import { Screen } from './screen'

/** The account is on this phone; the other screen now asks whose phone took the
 *  code, and then shows the number of the test. The test's sheet comes by itself. */
export function Waiting({ registration }: { registration: string }) {
  const entry = ofRegistration(registration)
  const busy = deciding.value
  const active = entry?.server.state === 'active'
  const done = active && greeted.has(registration) && !busy
  useEffect(() => {
    if (done) replace('')
  }, [done])
  if (done || (active && busy)) return null
  if (!entry || entry.server.state === 'removed') return <Failed failure={{ why: 'declined' }} />
  if (active) return <Ready registration={registration} done={() => replace('')} />
  return (
    <Screen>
      <div class="verdict">
        <Seal is="ghost" />
        <h2 class="title big">{t('app.pair.wait.title')}</h2>
        <p class="lead">{t('app.pair.wait.lead')}</p>
        <p class="small">
          <bdi>{entry.issuer}</bdi> · <bdi>{entry.name}</bdi> · <bdi>{entry.server.host}</bdi>
        </p>
      </div>
      <p class="waiting" role="status">
        <span class="pulse" />
        {t('app.pair.wait.waiting')}
        <Left registration={registration} />
      </p>
      <p class="note">
        <Icon name="i-info" look="i-s" />
        <span>{t('app.pair.wait.leave')}</span>
      </p>
    </Screen>
  )
}

/** How long the offer lasts, where this page knows it. */
function Left({ registration }: { registration: string }) {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  const at = step.value
  if (at?.at !== 'added' || at.registration !== registration || at.until <= now) return null
  const seconds = Math.ceil((at.until - now) / 1000)
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  return (
    <span class="num" role="timer">
      {t('app.pair.wait.left', { time })}
    </span>
  )
}
