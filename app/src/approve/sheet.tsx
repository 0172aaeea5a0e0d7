/** The sheet that asks: who signs in where, from where, and which number the
 *  page shows. Drawn from the model alone. */
// oxlint-disable-next-line import/no-unassigned-import -- the style sheet of this part
import './approve.css'
import { useComputed } from '@preact/signals'
import { ofRegistration } from '../remote/registrations'
import { reportWhat } from './report'
import { when } from '../words/when'
import { t } from '../words/words'
import { approval, dispatch, now } from './state'
import { triesPhone, type Asked, type Kind } from './asked'
import { useKeyboard } from './keyboard'
import { PlaceMap } from './map'
import { complete, more, type Sheet } from './model'
import { clock } from './pending'
import { Numeral, Reference, Seal, Title } from './parts'
import { logoOf } from '../codes/logos'
import { logoTimes } from '../codes/state'
import { lockNow } from '../lock/lock'
import { Icon } from '../shell/icon'
import { troubleWords } from './trouble'
import { Verdict } from './verdict'

type Open = Extract<Sheet, { at: 'asking' | 'sending' }>

export function ApprovalSheet() {
  const { sheet } = approval.value
  if (!sheet) return null
  return (
    <div class="approval" role="dialog" aria-modal="true" aria-labelledby="approval-title" key={sheet.ref.id}>
      {sheet.at === 'opening' && <Opening sheet={sheet} />}
      {(sheet.at === 'asking' || sheet.at === 'sending') && <Question sheet={sheet} />}
      {sheet.at === 'over' && <Verdict sheet={sheet} />}
    </div>
  )
}

function Opening({ sheet }: { sheet: Extract<Sheet, { at: 'opening' }> }) {
  const trouble = sheet.trouble && troubleWords(sheet.trouble)
  return (
    <div class="approve">
      <Peek registration={sheet.ref.registration} />
      <div class="sheet">
        <Title text={t('app.approve.opening')} />
        {trouble && (
          <>
            <p class="note caution" role="alert">
              <Icon name="i-warn" look="i-s" />
              <span>{trouble}</span>
            </p>
            <button class="btn primary wide tall" type="button" onClick={() => dispatch({ is: 'again' })}>
              {t('app.approve.again')}
            </button>
          </>
        )}
      </div>
    </div>
  )
}

function Question({ sheet }: { sheet: Open }) {
  const { asked } = sheet.seen
  useKeyboard()
  return (
    <div class="approve">
      <Peek registration={sheet.ref.registration} directory={asked.directory} closesAt={sheet.closesAt} />
      <div class="sheet">
        <Title text={titleFor(asked.kind)} />
        {asked.place !== '' && <PlaceMap place={asked.place} />}
        <Facts asked={asked} />
        {sheet.refusing ? <WhichNo asked={asked} registration={sheet.ref.registration} /> : <NumberPad sheet={sheet} />}
      </div>
    </div>
  )
}

function titleFor(kind: Kind): string {
  if (kind === 'unlock') return t('app.approve.title.unlock')
  return kind === 'test' ? t('app.approve.title.test') : t('app.approve.title')
}

/** Whose request it is, how long it lasts, and the way out without an answer. */
function Peek({ registration, directory, closesAt }: { registration: string; directory?: string; closesAt?: number }) {
  void logoTimes.value
  const entry = ofRegistration(registration)
  const logo = logoOf(entry?.server)
  const others = more(approval.value)
  return (
    <header class="peek">
      <span class="from">
        {logo ? <img class="logo" src={logo.src} alt="" /> : <Icon name="i-lock" look="i-s" />}
        <span class="clip">
          <strong>
            <bdi>{directory ?? entry?.issuer}</bdi>
          </strong>{' '}
          <bdi class="host">{entry?.server.host}</bdi>
        </span>
      </span>
      {others > 0 && <span class="badge">{t('app.approve.more', { n: others })}</span>}
      {closesAt !== undefined && <Countdown closesAt={closesAt} />}
      <button class="icon-btn" type="button" onClick={() => dispatch({ is: 'closed' })}>
        <Icon name="i-close" />
        <span class="vh">{t('app.approve.close')}</span>
      </button>
    </header>
  )
}

/** The time that is left, seen each second and heard once, at ten. */
function Countdown({ closesAt }: { closesAt: number }) {
  const left = useComputed(() => Math.max(0, Math.ceil((closesAt - now.value) / 1000))).value
  return (
    <>
      <span class="num" role="timer">
        {t('app.approve.left', { time: clock(left * 1000) })}
      </span>
      <span class="vh" role="status">
        {left <= 10 && left > 0 ? t('app.approve.left.ten') : ''}
      </span>
    </>
  )
}

function Facts({ asked }: { asked: Asked }) {
  return (
    <dl class="facts">
      <dt>{t('app.approve.app')}</dt>
      <dd>
        <bdi>{asked.app}</bdi>
        {asked.appHost !== '' && (
          <>
            {' '}
            <bdi class="host">{asked.appHost}</bdi>
          </>
        )}
        {!asked.appVerified && <span class="badge caution">{t('app.approve.unverified')}</span>}
      </dd>
      <dt>{t('app.approve.account')}</dt>
      <dd>
        <bdi>{asked.person}</bdi>
      </dd>
      <dt>{t('app.approve.from')}</dt>
      <dd>{from(asked)}</dd>
      {asked.place === '' && asked.ip !== '' && (
        <>
          <dt>{t('app.approve.place')}</dt>
          <dd>{t('app.approve.place.unknown', { ip: asked.ip })}</dd>
        </>
      )}
    </dl>
  )
}

/** "Chrome on Windows, today 14:32" */
function from({ browser, system, askedAt }: Asked): string {
  const time = when(new Date(askedAt))
  if (browser === '' && system === '') return t('app.approve.from.unknown', { when: time })
  if (browser === '' || system === '') return t('app.approve.from.one', { what: browser || system, when: time })
  return t('app.approve.from.both', { browser, system, when: time })
}

function NumberPad({ sheet }: { sheet: Open }) {
  const { asked } = sheet.seen
  const ready = complete(sheet)
  const busy = sheet.at === 'sending'
  const trouble = sheet.trouble && troubleWords(sheet.trouble)
  return (
    <>
      {!asked.known && !triesPhone(asked.kind) && (
        <p class="note caution slim">
          <Icon name="i-warn" look="i-s" />
          <span>{t('app.approve.new_browser')}</span>
        </p>
      )}
      {asked.unlock && <Unlocking asked={asked} />}
      <Plate typed={sheet.typed} asked={asked} />
      <Keypad />
      <div class="foot">
        {trouble && (
          <p class="note caution slim" role="alert">
            <Icon name="i-warn" look="i-s" />
            <span>{trouble}</span>
          </p>
        )}
        <div class="btns">
          <button class="btn danger tall" type="button" aria-disabled={busy} onClick={() => dispatch({ is: 'no' })}>
            {t('app.approve.no')}
          </button>
          <button class="btn primary tall" type="button" aria-disabled={!ready} onClick={() => dispatch({ is: 'yes' })}>
            {busy ? t('app.approve.sending') : t('app.approve.yes')}
          </button>
        </div>
      </div>
      <p class="tiny center">{t('app.approve.warning')}</p>
      <Reference asked={asked} />
    </>
  )
}

/** That Yes takes the app lock; without one, the way to it. The request waits in
 *  the list meanwhile. */
function Unlocking({ asked }: { asked: Asked }) {
  if (lockNow.value === undefined) {
    return (
      <div class="note caution slim">
        <Icon name="i-lock" look="i-s" />
        <span>
          {t('app.approve.nolock')} <a href="#lock">{t('app.approve.nolock.do')}</a>
        </span>
      </div>
    )
  }
  return (
    <p class="note slim">
      <Icon name="i-lock" look="i-s" />
      <span>{asked.kind === 'passwordless' ? t('app.approve.alone') : t('app.approve.unlock')}</span>
    </p>
  )
}

/** The plate with the lower half of the seal, and a slot for each digit. */
function Plate({ typed, asked }: { typed: string; asked: Asked }) {
  const { digits, kind } = asked
  const left = digits - typed.length
  return (
    <div class="plate-wrap">
      <div class="other-half up">
        <Seal is="ghost" />
      </div>
      <div class="plate">
        <div class="half low">
          <Seal is="lower" />
        </div>
        <div class={digits > 3 ? 'type-plate many' : 'type-plate'}>
          <p id="approval-ask">{triesPhone(kind) ? t('app.approve.ask.test') : t('app.approve.ask')}</p>
          <div class="slots" role="group" aria-labelledby="approval-ask">
            <span class="vh" role="status">
              {entered(typed, left)}
            </span>
            {Array.from({ length: digits }, (_, i) => (
              <span key={i} class={i === typed.length ? 'slot now' : 'slot'}>
                {i < typed.length && <Numeral digit={typed.charAt(i)} />}
              </span>
            ))}
          </div>
        </div>
      </div>
    </div>
  )
}

function entered(typed: string, left: number): string {
  if (typed === '') return t('app.approve.entered.none', { n: left })
  return left > 0 ? t('app.approve.entered.more', { typed, n: left }) : t('app.approve.entered', { typed })
}

function Keypad() {
  return (
    <div class="keypad" role="group" aria-label={t('app.approve.pad')}>
      {[...'1234567890'].map((digit) => (
        <button
          key={digit}
          type="button"
          class={digit === '0' ? 'zero' : undefined}
          aria-label={digit}
          onClick={() => dispatch({ is: 'digit', digit })}
        >
          <Numeral digit={digit} />
        </button>
      ))}
      <button type="button" class="blank" onClick={() => dispatch({ is: 'erased' })}>
        <Icon name="i-erase" />
        <span class="vh">{t('app.approve.erase')}</span>
      </button>
    </div>
  )
}

/** No was chosen: was it somebody else, or a change of mind? */
function WhichNo({ asked, registration }: { asked: Asked; registration: string }) {
  const kind = ofRegistration(registration)?.server.directory.kind
  return (
    <div class="which" role="group" aria-labelledby="approval-which">
      <h2 id="approval-which">{t('app.approve.which')}</h2>
      <button class="choice" type="button" onClick={() => dispatch({ is: 'report' })}>
        <span class="mark plain danger">
          <Icon name="i-block" />
        </span>
        <strong>{t('app.approve.report')}</strong>
        <span>{reportWhat({ kind, directory: asked.directory })}</span>
        <Icon name="i-chevron" />
      </button>
      <button class="choice" type="button" onClick={() => dispatch({ is: 'deny' })}>
        <span class="mark plain">
          <Icon name="i-close" />
        </span>
        <strong>{t('app.approve.deny')}</strong>
        <span>{t('app.approve.deny.what')}</span>
        <Icon name="i-chevron" />
      </button>
      <button class="btn quiet wide" type="button" onClick={() => dispatch({ is: 'back' })}>
        {t('app.approve.back')}
      </button>
    </div>
  )
}
