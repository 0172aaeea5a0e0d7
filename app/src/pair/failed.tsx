import { Seal } from '../approve/parts'
import { Icon } from '../shell/icon'
import type { StoreReason } from '../store/trouble'
import { replace } from '../shell/router'
import { t } from '../words/words'
import { hostOf, type Offer } from './link'
import { retry, step, type Failure } from './pairing'
import { Screen } from './screen'

/** `link`: the address is no pairing link. `declined`: the other screen said
 *  no, or the offer ran out before it said yes. */
type Why = Failure | { why: 'link' | 'declined' }

/** What happened, what was changed (nothing), and the one next step. */
export function Failed({ offer, failure }: { offer?: Offer; failure: Why }) {
  const { title, lead } = words(failure, offer)
  return (
    <Screen>
      <div class="verdict caution" role="alert">
        <Seal is="apart" />
        <h2 class="title big">{title}</h2>
        <p class="lead">{lead}</p>
      </div>
      <div class="stack ways">
        <NextStep failure={failure} typed={offer !== undefined && 'code' in offer} />
        <button class="btn quiet wide" type="button" onClick={() => leaveTo('')}>
          {t('app.pair.failed.leave')}
        </button>
        <p class="small">
          <a href="#help/trouble">{t('help.trouble.title')}</a>
        </p>
      </div>
    </Screen>
  )
}

function NextStep({ failure, typed }: { failure: Why; typed: boolean }) {
  switch (failure.why) {
    case 'offline':
    case 'unreachable':
    case 'busy':
    case 'clock':
    case 'storage':
      return <Way icon="refresh" text={t('app.pair.failed.again')} act={() => void retry()} />
    case 'here':
      return <Way icon="accounts" text={t('app.pair.failed.open')} act={() => leaveTo(`account/${failure.entry}`)} />
    default:
      return typed ? (
        <Way icon="keyboard" text={t('app.pair.failed.type')} act={() => leaveTo('pair/code')} />
      ) : (
        <Way icon="scan" text={t('app.pair.failed.scan')} act={() => leaveTo('add')} />
      )
  }
}

function Way({ icon, text, act }: { icon: string; text: string; act: () => void }) {
  return (
    <button class="btn primary wide tall" type="button" onClick={act}>
      <Icon name={`i-${icon}`} look="i-s" />
      {text}
    </button>
  )
}

function leaveTo(address: string): void {
  replace(address)
  step.value = undefined
}

type Words = { title: string; lead: string }

function words(failure: Why, offer: Offer | undefined): Words {
  const host = offer ? hostOf(offer.issuer) : ''
  switch (failure.why) {
    case 'link':
      return { title: t('app.pair.link.title'), lead: t('app.pair.link.lead') }
    case 'declined':
      return { title: t('app.pair.declined.title'), lead: t('app.pair.declined.lead') }
    case 'unknown':
      return { title: t('app.pair.unknown.title'), lead: t('app.pair.unknown.lead', { host }) }
    case 'expired':
      return { title: t('app.pair.expired.title'), lead: t('app.pair.expired.lead') }
    case 'used':
      return { title: t('app.pair.used.title'), lead: usedLead(failure.by) }
    case 'lost':
      return { title: t('app.pair.lost.title'), lead: t('app.pair.lost.lead') }
    case 'mistyped':
      return { title: t('app.pair.mistyped.title'), lead: t('app.pair.mistyped.lead') }
    case 'busy':
      return { title: t('app.pair.busy.title'), lead: t('app.pair.busy.lead', { n: Math.ceil(failure.after / 60) }) }
    case 'full':
      return { title: t('app.pair.full.title'), lead: t('app.pair.full.lead') }
    case 'here':
      return { title: t('app.pair.here.title'), lead: t('app.pair.here.lead', { host }) }
    case 'offline':
      return { title: t('app.pair.offline.title'), lead: t('app.pair.offline.lead') }
    case 'unreachable':
      return { title: t('app.pair.unreachable.title', { host }), lead: t('app.pair.unreachable.lead') }
    case 'clock':
      return { title: t('app.pair.clock.title'), lead: t('app.pair.clock.lead') }
    case 'stranger':
      return { title: t('app.pair.stranger.title', { host }), lead: t('app.pair.stranger.lead') }
    case 'storage':
      return { title: t('app.pair.storage.title'), lead: storageLead(failure.reason) }
  }
}

function usedLead(by: string): string {
  return by === '' ? t('app.pair.used.lead') : t('app.pair.used.by', { by })
}

function storageLead(reason: StoreReason): string {
  return reason === 'full' ? t('app.pair.storage.full') : t('app.pair.storage.blocked')
}
