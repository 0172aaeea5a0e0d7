/** How a request ended: what is true, then what to do. */
import { useState } from 'preact/hooks'
import { Ready } from '../pair/ready'
import { suspendedLead } from '../pair/suspended'
import { ofRegistration, securityURL } from '../remote/registrations'
import { reportedLead } from './report'
import { device } from '../words/here'
import { when } from '../words/when'
import { t } from '../words/words'
import { approval, dispatch } from './state'
import type { Kind, Seen } from './asked'
import { more, type Outcome, type Ref, type Sheet } from './model'
import { Reference, Seal, Title } from './parts'
import { Icon } from '../shell/icon'

type Over = Extract<Sheet, { at: 'over' }>

export function Verdict({ sheet }: { sheet: Over }) {
  const [mistaken, setMistaken] = useState(false)
  const { outcome, seen, ref } = sheet
  if (outcome.is === 'approved' && seen?.asked.kind === 'test') {
    return <Ready registration={ref.registration} done={() => dispatch({ is: 'closed' })} />
  }
  const words = mistaken ? mistakeWords() : verdictWords(outcome, sheet)
  return (
    <div class="app narrow end">
      <main>
        <div class={`verdict ${mistaken ? 'caution' : toneOf(outcome)}`}>
          <Seal is={outcome.is === 'approved' ? 'joined' : 'apart'} />
          <Title text={words.title} />
          <p class="lead">{words.lead}</p>
          {outcome.is === 'approved' && seen && <p class="small">{summary(sheet)}</p>}
          {outcome.is !== 'approved' && seen && <Reference asked={seen.asked} />}
        </div>
        <div class="stack ways">
          {outcome.is === 'reported' && !mistaken && <AfterReport sheet={sheet} mistake={() => setMistaken(true)} />}
          <Done />
        </div>
      </main>
    </div>
  )
}

function AfterReport({ sheet, mistake }: { sheet: Over; mistake: () => void }) {
  return (
    <>
      <a class="btn primary wide tall" href={securityURL(sheet.ref.registration)} target="_blank" rel="noreferrer">
        <Icon name="i-shield" look="i-s" />
        {t('app.approve.security')}
      </a>
      <button class="btn quiet wide" type="button" onClick={mistake}>
        {t('app.approve.mistake')}
      </button>
    </>
  )
}

function Done() {
  const others = more(approval.value)
  return (
    <button class="btn wide tall" type="button" onClick={() => dispatch({ is: 'closed' })}>
      {others > 0 ? t('app.approve.next', { n: others }) : t('app.approve.done')}
    </button>
  )
}

function summary({ seen }: Over): string {
  if (!seen) return ''
  const { person, place, askedAt } = seen.asked
  return [person, place, when(new Date(askedAt))].filter(Boolean).join(' · ')
}

function toneOf(outcome: Outcome): '' | 'danger' | 'caution' {
  if (outcome.is === 'approved') return ''
  return outcome.is === 'reported' || outcome.is === 'denied' ? 'danger' : 'caution'
}

type Words = { title: string; lead: string }

function mistakeWords(): Words {
  return { title: t('app.approve.mistake.title'), lead: t('app.approve.mistake.lead') }
}

/** What is said of a new phone in place of a sign-in, where that makes a difference. */
function phoneWords(outcome: Outcome, name: string, seen: Seen, ref: Ref): Words | undefined {
  switch (outcome.is) {
    case 'approved':
      return { title: t('app.approve.phone.approved'), lead: t('app.approve.phone.approved.lead', { device: name }) }
    case 'denied':
      return { title: t('app.approve.phone.denied'), lead: t('app.approve.phone.denied.lead') }
    case 'reported':
      return { title: t('app.approve.phone.reported'), lead: reportedBy(seen, ref) }
    case 'wrong':
      return { title: t('app.approve.wrong.title'), lead: t('app.approve.phone.wrong') }
    case 'expired':
      return { title: t('app.approve.expired.title'), lead: t('app.approve.phone.expired') }
    default:
      return undefined
  }
}

function reportedBy(seen: Seen | undefined, ref: Ref): string {
  return reportedLead({ kind: ofRegistration(ref.registration)?.server.directory.kind, directory: seen?.asked.directory ?? '' })
}

function verdictWords(outcome: Outcome, { seen, ref }: Over): Words {
  const app = seen?.asked.app ?? ''
  const ofPhone = seen?.asked.device && phoneWords(outcome, seen.asked.device.name, seen, ref)
  if (ofPhone) return ofPhone
  switch (outcome.is) {
    case 'approved':
      if (seen?.asked.kind === 'unlock') return { title: t('app.approve.approved.unlock'), lead: t('app.approve.approved.unlock.lead') }
      return { title: t('app.approve.approved.title'), lead: approvedLead(app, seen?.asked.system ?? '') }
    case 'denied':
      return seen?.asked.kind === 'test'
        ? { title: t('app.approve.denied.title'), lead: t('app.approve.denied.test') }
        : { title: t('app.approve.denied.title'), lead: t('app.approve.denied.lead') }
    case 'reported':
      return {
        title: t('app.approve.reported.title'),
        lead: reportedBy(seen, ref),
      }
    case 'wrong':
      return {
        title: t('app.approve.wrong.title'),
        lead: wrongLead(seen?.asked.kind),
      }
    case 'other':
      return { title: t('app.approve.other.title'), lead: t('app.approve.other.lead', { app: outcome.app }) }
    case 'elsewhere':
      return { title: t('app.approve.elsewhere.title'), lead: t('app.approve.elsewhere.lead') }
    case 'replaced':
      return { title: t('app.approve.replaced.title'), lead: t('app.approve.replaced.lead') }
    case 'expired':
      return { title: t('app.approve.expired.title'), lead: t('app.approve.expired.lead') }
    case 'gone':
      return { title: t('app.approve.gone.title'), lead: t('app.approve.gone.lead') }
    case 'suspended':
      return { title: t('app.approve.suspended.title'), lead: suspendedLead(ref.registration) }
    case 'removed':
      return { title: t('app.approve.removed.title'), lead: removedLead(ref.registration) }
  }
}

function wrongLead(kind: Kind | undefined): string {
  if (kind === 'unlock') return t('app.approve.wrong.unlock')
  return kind === 'test' ? t('app.approve.wrong.test') : t('app.approve.wrong.lead')
}

/** For a computer the phone has done its part; otherwise the page may be on this one. */
function approvedLead(app: string, system: string): string {
  const computer = /windows|mac\s?os|linux|chrome\s?os/i.test(system)
  return computer && device() === 'phone' ? t('app.approve.approved.computer', { app }) : t('app.approve.approved.phone', { app })
}

function removedLead(registration: string): string {
  const entry = ofRegistration(registration)
  return t('app.approve.removed.lead', { name: entry?.name ?? '', host: entry?.server.host ?? '' })
}
