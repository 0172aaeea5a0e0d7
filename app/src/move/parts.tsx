/** What both sides of a move draw. */
import type { ComponentChildren } from 'preact'
import type { Arrived } from '../core/ops'
import { Icon } from '../shell/icon'
import { t } from '../words/words'
import { StepTitle } from '../files/parts'
import type { Detour, End } from './channel'

/** What arrived, in one line, and what is left to do. */
export function Receipt({ arrived: { of, arrived, beside, personal, work } }: { arrived: Arrived }) {
  return (
    <div class={arrived === of ? 'note ok' : 'note caution'} role="status">
      <Icon name={arrived === of ? 'i-check' : 'i-warn'} look="i-s" />
      <div>
        <p>
          <strong>{t('move.receipt', { arrived, of })}</strong>
        </p>
        {work > 0 && <p>{t('move.receipt.work', { n: work })}</p>}
        {personal > 0 && <p>{t('move.receipt.personal', { n: personal })}</p>}
        {beside > 0 && <p>{t('move.receipt.beside', { n: beside })}</p>}
        {arrived < of && <p>{t('move.receipt.missing')}</p>}
      </div>
    </div>
  )
}

/** Why it ended, and how to go on. */
export function Ended({ why, again, instead }: { why: End; again: () => void; instead: ComponentChildren }) {
  const { title, text } = wordsOf(why)
  return (
    <>
      <StepTitle>{title}</StepTitle>
      <div class="note caution" role="alert">
        <Icon name="i-warn" look="i-s" />
        <div>
          <p>{text}</p>
          <p>{t('move.ended.unchanged')}</p>
        </div>
      </div>
      <button class="btn primary tall" type="button" onClick={again}>
        {t('move.again')}
      </button>
      {instead}
    </>
  )
}

function wordsOf(why: End): { title: string; text: string } {
  switch (why) {
    case 'digits':
      return { title: t('move.ended.digits'), text: t('move.ended.digits.text') }
    case 'large':
      return { title: t('move.ended.large'), text: t('move.ended.large.text') }
    case 'newer':
      return { title: t('move.newer.title'), text: t('move.newer.text') }
    case 'unable':
      return { title: t('move.ended.unable'), text: t('move.ended.unable.text') }
    case 'interrupted':
      return { title: t('move.ended.interrupted'), text: t('move.ended.interrupted.text') }
    case 'stranger':
      return { title: t('move.ended.stranger'), text: t('move.ended.stranger.text') }
    case 'left':
      return { title: t('move.ended.left'), text: t('move.ended.interrupted.text') }
    case 'late':
      return { title: t('move.ended.late'), text: t('move.ended.late.text') }
  }
}

/** Why the codes move: nobody who chose that is told. */
export function Moved({ detour }: { detour: Detour | undefined }) {
  if (!detour || detour === 'chosen') return null
  return (
    <p class="note caution" role="status">
      <Icon name="i-warn" look="i-s" />
      <span>{detour === 'network' ? t('move.detour.network') : t('move.detour.offline')}</span>
    </p>
  )
}

/** Through the server it goes by itself; who likes it better goes without. */
export function Waiting({ text, without }: { text: string; without: () => void }) {
  return (
    <>
      <p role="status">{text}</p>
      <Without go={without} />
    </>
  )
}

export function Without({ go }: { go: () => void }) {
  return (
    <button class="btn" type="button" onClick={go}>
      {t('move.without')}
    </button>
  )
}

/** For phones whose camera says no, and for more than codes can carry; and help. */
export function FileInstead() {
  return (
    <>
      <p class="small">
        {t('move.file')} <a href="#files">{t('move.file.go')}</a>
      </p>
      <p class="small">
        <a href="#help/moving">{t('help.moving.title')}</a>
      </p>
    </>
  )
}
