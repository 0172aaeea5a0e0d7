/** One account: its code, large, and what can be done with it. */
import { useEffect } from 'preact/hooks'
import { plugs } from '../plugs'
import { Frame } from '../shell/frame'
import { draw } from '../shell/h'
import { Icon } from '../shell/icon'
import { go, openSheet, replace } from '../shell/router'
import { guard } from '../shell/trouble'
import { vault } from '../store/store'
import type { Entry } from '../store/vault'
import { t } from '../words/words'
import { day } from '../words/when'
import { drawRing, isHidden } from './accounts'
import { counted } from './counted'
import type { Face } from './dial'
import { EditSheet } from './edit'
import { wantOpen } from './inview'
import { drawMark, tintOf, titleOf, whoOf } from './mark'
import { MoreSheet } from './more'
import { drawCode, drawVeil } from './numerals'
import { countedTimes, logoTimes, nextCode, reveal, revealedTimes, ticking } from './state'

export function AccountScreen({ id }: { id: string }) {
  const entry = useAccount(id)
  if (!entry) return null
  return (
    <Frame title={t('app.account.title', { name: titleOf(entry) })} quiet from="" end={<MoreButton entry={entry} />}>
      <Account entry={entry} />
    </Frame>
  )
}

/** The same beside the list, on a wide window. */
export function AccountPane({ id }: { id: string }) {
  const entry = useAccount(id)
  if (!entry) return null
  return (
    <aside class="pane" aria-label={t('app.account.title', { name: titleOf(entry) })}>
      <div class="row spread">
        <button class="icon-btn" type="button" onClick={() => go('')}>
          <Icon name="i-close" />
          <span class="vh">{t('app.account.shut')}</span>
        </button>
        <MoreButton entry={entry} />
      </div>
      <Account entry={entry} />
    </aside>
  )
}

/** The account that is shown. Removed, here or in another tab, it leads back. */
function useAccount(id: string): Entry | undefined {
  const entry = vault.value.entries.find((other) => other.id === id)
  useEffect(() => {
    if (!entry) replace('')
  }, [entry])
  useEffect(() => {
    wantOpen(entry)
    return () => wantOpen(undefined)
  }, [id])
  return entry
}

function Account({ entry }: { entry: Entry }) {
  return (
    <>
      <Tile entry={entry} />
      {plugs.map((plug, i) => plug.account && <plug.account key={i} {...entry} />)}
      <About entry={entry} />
    </>
  )
}

function MoreButton({ entry }: { entry: Entry }) {
  const open = () => openSheet({ draw: (close) => <MoreSheet entry={entry} close={close} /> })
  return (
    <button class="icon-btn" type="button" aria-haspopup="dialog" onClick={open}>
      <Icon name="i-more" />
      <span class="vh">{t('app.account.more')}</span>
    </button>
  )
}

function Tile({ entry }: { entry: Entry }) {
  void logoTimes.value
  const face = ticking.value.faces.get(entry.id)
  const title = titleOf(entry)
  return (
    <section class={`tile ${tintOf(entry)}${face?.beat.ending ? ' ending' : ''}`} aria-labelledby="account">
      {drawMark(draw, entry, 'lg')}
      <h2 class="title" id="account" tabIndex={-1}>
        {title}
      </h2>
      <p class="who">{whoOf(entry)}</p>
      {entry.server?.state === 'elsewhere' && (
        <p>
          <span class="badge caution">
            <Icon name="i-warn" />
            {t('app.list.elsewhere')}
          </span>
        </p>
      )}
      {face && <ByClock entry={entry} face={face} />}
      {entry.type === 'hotp' && <ByCounter entry={entry} />}
    </section>
  )
}

function ByClock({ entry, face }: { entry: Entry; face: Face }) {
  void revealedTimes.value
  const { left, ending } = face.beat
  const hidden = isHidden(entry, vault.value)
  const next = !hidden && ending && vault.value.settings.nextEarly ? face.next : undefined
  return (
    <>
      <div class="tile-codes">
        {hidden ? drawVeil(draw, face.code, 'tile-code') : drawCode(draw, face.code, 'tile-code')}
        <span class="tile-next">
          {next !== undefined && (
            <span class="next-wrap">
              <span>{t('app.list.next')}</span>
              {drawCode(draw, next, 'next')}
            </span>
          )}
        </span>
      </div>
      <div class="row clock-row">
        <span class="clock">
          {drawRing(draw, face)}
          <b aria-hidden="true">{left}</b>
          <span class="vh" role="timer">
            {t('app.list.left', { n: left })}
          </span>
        </span>
        {hidden ? <RevealButton id={entry.id} /> : <CopyButton id={entry.id} />}
      </div>
      <Announcement left={left} />
    </>
  )
}

/** Said politely: ten seconds before the end, and at the end. */
function Announcement({ left }: { left: number }) {
  const words = left <= 10 && left > 5 ? t('app.account.ten') : left <= 5 ? '' : t('app.account.fresh')
  return (
    <span class="vh" role="status">
      {words}
    </span>
  )
}

/** An account by counter shows a code only when asked, and each only once. */
function ByCounter({ entry }: { entry: Entry }) {
  void countedTimes.value
  const code = counted.get(entry.id)
  const next = () => void guard(() => nextCode(entry.id))
  return (
    <>
      <div class="tile-codes" role="status">
        {code === undefined ? (
          <p class="small">{t('app.account.counter')}</p>
        ) : (
          drawCode(draw, code, 'tile-code')
        )}
      </div>
      <div class="row wrap clock-row">
        <button class="btn" type="button" onClick={next}>
          <Icon name="i-refresh" look="i-s" />
          {t('app.list.count.short')}
        </button>
        {code !== undefined && <CopyButton id={entry.id} />}
      </div>
    </>
  )
}

function CopyButton({ id }: { id: string }) {
  return (
    <button class="btn" type="button" data-copy={id}>
      <Icon name="i-copy" look="i-s" />
      {t('app.account.copy')}
    </button>
  )
}

function RevealButton({ id }: { id: string }) {
  return (
    <button class="btn" type="button" onClick={() => reveal(id)}>
      <Icon name="i-eye" look="i-s" />
      {t('app.account.reveal')}
    </button>
  )
}

function About({ entry }: { entry: Entry }) {
  const edit = () => openSheet({ draw: (close) => <EditSheet entry={entry} close={close} /> })
  return (
    <div class="group">
      <button class="line" type="button" aria-haspopup="dialog" onClick={edit}>
        <Icon name="i-edit" />
        <span class="what">
          <strong>{t('app.account.note')}</strong>
          <span class="note-text">{entry.note || t('app.account.note.none')}</span>
        </span>
        <Icon name="i-chevron" />
      </button>
      <button class="line" type="button" aria-haspopup="dialog" onClick={edit}>
        <Icon name="i-tag" />
        <span class="what">
          <strong>{t('app.account.tags.title')}</strong>
          <span>{entry.tags?.join(', ') || t('app.account.note.none')}</span>
        </span>
        <Icon name="i-chevron" />
      </button>
      {entry.kind === 'other' && (
        <div class="line">
          <Icon name="i-otp" />
          <span class="what">
            <strong>{t('app.account.made')}</strong>
            <span>{recipeWords(entry)}</span>
          </span>
        </div>
      )}
      <div class="line">
        <Icon name="i-clock" />
        <span class="what">
          <strong>{t('app.account.added')}</strong>
          <span>{day(new Date(entry.created))}</span>
        </span>
      </div>
    </div>
  )
}

function recipeWords(entry: Entry): string {
  switch (entry.type) {
    case 'steam':
      return t('app.account.made.steam')
    case 'hotp':
      return t('app.account.made.counter', { digits: entry.digits, algorithm: entry.algorithm.replace('SHA', 'SHA-'), n: entry.counter })
    case 'yandex':
      return t('app.account.made.yandex', { period: entry.period })
    case 'motp':
      return t('app.account.made.motp', { period: entry.period })
    case 'totp':
      return t('app.account.made.clock', { digits: entry.digits, algorithm: entry.algorithm.replace('SHA', 'SHA-'), period: entry.period })
  }
}
