/** An account that came back by its names: what makes its codes and approves for
 *  the person is tied to one phone, so this one gets its own. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { step as pairing } from '../pair/pairing'
import { Icon } from '../shell/icon'
import { go } from '../shell/router'
import { guard } from '../shell/trouble'
import type { Entry, Server } from '../store/vault'
import { t } from '../words/words'
import { when } from '../words/when'
import { problemWords } from './said'
import { begin, follow, forget, pageOf, ticketOf, type Ticket } from './ticket'

type Waiting = Entry & { server: Server }

export function Restore({ entry }: { entry: Waiting }) {
  const work = entry.kind === 'work'
  const ticket = ticketOf(entry.id)
  const under = ticket && ticket.state !== 'over' && ticket.state !== 'done'
  return (
    <div class="stack">
      <h2 class="title">{work ? t('recover.restore.work') : t('recover.restore.title')}</h2>
      {under ? <UnderWay entry={entry} of={ticket} /> : <Ways entry={entry} work={work} late={ticket?.state === 'over'} />}
    </div>
  )
}

/** How it can begin: at work with the QR code first, else on this phone. */
function Ways({ entry, work, late }: { entry: Waiting; work: boolean; late: boolean }) {
  const { host } = entry.server
  const scan = (
    <a class={work ? 'choice first slim' : 'choice slim'} href="#add">
      <span class="mark plain">
        <Icon name="i-qr" />
      </span>
      <strong>{t('recover.restore.scan')}</strong>
      <span>{t('recover.restore.scan.text', { host })}</span>
      <Icon name="i-chevron" />
    </a>
  )
  const here = <Begin entry={entry} look={work ? 'choice slim' : 'choice first slim'} text={work ? t('recover.restore.pass') : t('recover.restore.here.text')} />
  return (
    <>
      <p class="lead">{t('recover.restore.lead')}</p>
      {late && <Note icon="i-clock">{t('recover.restore.late')}</Note>}
      <div class="stack gap-3">{work ? [scan, here] : [here, scan]}</div>
      <Note icon="i-help">{work ? t('recover.restore.desk') : t('recover.restore.stuck', { host })}</Note>
      <p class="small">
        <a href={work ? '#help/work' : '#help/moving'}>{work ? t('help.work.title') : t('help.moving.title')}</a>
      </p>
    </>
  )
}

/** Asks for a ticket; what went wrong stands below. */
function Begin({ entry, look, text }: { entry: Waiting; look: string; text: string }) {
  const busy = useSignal(false)
  const wrong = useSignal('')
  const start = async () => {
    if (busy.value) return
    busy.value = true
    wrong.value = ''
    try {
      await begin(entry)
    } catch (thrown) {
      wrong.value = problemWords(thrown, entry.server.issuer)
    } finally {
      busy.value = false
    }
  }
  return (
    <>
      <button class={look} type="button" aria-disabled={busy.value} onClick={() => void start()}>
        <span class="mark plain">
          <Icon name="i-phone" />
        </span>
        <strong>{t('recover.restore.here')}</strong>
        <span>{text}</span>
        <Icon name="i-chevron" />
      </button>
      <div role="alert">{wrong.value && <Note icon="i-warn">{wrong.value}</Note>}</div>
    </>
  )
}

/** A ticket on its way, as it stands. */
function UnderWay({ entry, of }: { entry: Waiting; of: Ticket }) {
  const { host } = entry.server
  useEffect(() => {
    const left = new AbortController()
    void accompany(of, left.signal)
    return () => left.abort()
  }, [of.ticket])
  switch (of.state) {
    case 'waits':
      return (
        <>
          <p class="lead" role="status">
            {t('recover.waits.lead', { when: when(new Date(of.readyAt ?? 0)) })}
          </p>
          <Note icon="i-mail">{t('recover.waits.told')}</Note>
          <Again entry={entry}>{t('recover.waits.give')}</Again>
        </>
      )
    case 'stopped':
      return (
        <>
          <p class="lead" role="status">
            {t('recover.stopped.lead')}
          </p>
          <Note icon="i-warn">{t('recover.stopped.text', { host })}</Note>
          <Again entry={entry}>{t('recover.restore.again')}</Again>
        </>
      )
  }
  return (
    <>
      <p class="lead">{of.state === 'ready' ? t('recover.ready.lead', { host }) : t('recover.ask.lead', { host })}</p>
      <a class="btn primary wide tall" href={pageOf(of, entry.name)} target="_blank" rel="noreferrer">
        {t('recover.ask.go', { host })}
        <Icon name="i-external" look="i-s" />
      </a>
      <p class="waiting" role="status">
        <span class="pulse" />
        {t('recover.ask.waiting')}
      </p>
      {of.state !== 'ready' && <Note icon="i-clock">{of.signed ? t('recover.ask.signed') : t('recover.ask.unsigned')}</Note>}
      <Again entry={entry}>{t('recover.restore.again')}</Again>
    </>
  )
}

/** Stays with a ticket while its screen is open; once there is an offer, the rest is
 *  as with any other. Out of reach it looks again. */
async function accompany(of: Ticket, left: AbortSignal): Promise<void> {
  while (!left.aborted) {
    try {
      if ((await follow(of, left)) && pairing.value) go('pair')
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 3000))
    }
  }
}

function Again({ entry, children }: { entry: Waiting; children: ComponentChildren }) {
  return (
    <button class="btn quiet self-start" type="button" onClick={() => void guard(() => forget(entry.id))}>
      {children}
    </button>
  )
}

function Note({ icon, children }: { icon: string; children: ComponentChildren }) {
  return (
    <p class="note info">
      <Icon name={icon} look="i-s" />
      <span>{children}</span>
    </p>
  )
}
