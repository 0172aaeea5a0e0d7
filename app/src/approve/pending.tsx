import { ofRegistration } from '../remote/registrations'
import { Icon } from '../shell/icon'
import { t } from '../words/words'
import { deciding, dispatch, now, pending } from './state'

/** The sign-ins that wait for an answer, above the accounts. They are here
 *  whether or not a knock ever came. */
export function PendingRows() {
  const waiting = pending.value
  if (waiting.length === 0 || deciding.value) return null
  return (
    <section class="stack pending" aria-labelledby="pending-title">
      <h2 class="group-title" id="pending-title">
        {t('app.approve.pending', { n: waiting.length })}
      </h2>
      <ul class="group">
        {waiting.map(({ registration, id, kind, closesAt }) => (
          <li key={id}>
            <button class="line" type="button" onClick={() => dispatch({ is: 'opened', ref: { registration, id } })}>
              <Icon name="i-bell" />
              <span class="what">
                <strong>
                  <bdi>{ofRegistration(registration)?.issuer}</bdi>
                </strong>
                <span>
                  <bdi>{ofRegistration(registration)?.name}</bdi>
                </span>
                {kind === 'new_phone' && <span>{t('app.approve.phone.row')}</span>}
              </span>
              <span class="val num">{t('app.approve.left', { time: clock(closesAt - now.value) })}</span>
              <Icon name="i-chevron" />
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** "0:48" */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
