/** "Move to a new phone": the old phone's screens. */
import { useEffect } from 'preact/hooks'
import { Finder } from '../add/scan'
import { backup } from '../backup/kept'
import { drawCode } from '../codes/numerals'
import { StepTitle } from '../files/parts'
import { Frame } from '../shell/frame'
import { draw } from '../shell/h'
import { Icon } from '../shell/icon'
import { back } from '../shell/router'
import { vault } from '../store/store'
import { t } from '../words/words'
import { agree, findNew, hearAnswer, hearReceipt, leave, screenOnly, step, to, type Step } from './giving'
import { Moving } from './moving'
import { Ended, FileInstead, Moved, Receipt, Waiting } from './parts'
import { TypeCode } from './typing'

export function OldPhone() {
  useEffect(() => () => void leave(), [])
  const now = step.value
  switch (now.at) {
    case 'find':
      return <Finder title={t('move.old.find')} point={t('move.old.find.point')} hear={findNew} ways={<TypeInstead />} from="menu" />
    case 'hear':
      return <Finder title={t('move.old.hear')} point={t('move.old.hear.point')} hear={hearAnswer} ways={<Back next={{ ...now, at: 'digits' }} />} from="menu" />
    case 'receipt':
      return <Finder title={t('move.old.receipt')} point={t('move.old.receipt.point')} hear={hearReceipt} ways={<Back next={{ ...now, at: 'show' }} />} from="menu" />
  }
  return (
    <Frame title={t('move.menu')} from="menu">
      <Now now={now} />
    </Frame>
  )
}

function Back({ next }: { next: Step }) {
  return (
    <button class="btn" type="button" onClick={() => to(next)}>
      {t('app.back')}
    </button>
  )
}

/** For phones whose camera says no. */
function TypeInstead() {
  return (
    <button class="btn" type="button" onClick={() => to({ at: 'type' })}>
      <Icon name="i-keyboard" look="i-s" />
      {t('move.old.type.go')}
    </button>
  )
}

function Scan({ next, label }: { next: Step; label: string }) {
  return (
    <button class="btn primary tall" type="button" onClick={() => to(next)}>
      <Icon name="i-scan" look="i-s" />
      {label}
    </button>
  )
}

function Now({ now }: { now: Exclude<Step, { at: 'find' | 'hear' | 'receipt' }> }) {
  switch (now.at) {
    case 'begin':
      return <Begin />
    case 'type':
      return <TypeCode remark={now.remark} />
    case 'confirm':
      return <Confirm now={now} />
    case 'digits':
      return (
        <>
          <StepTitle>{t('move.old.digits', { name: now.name })}</StepTitle>
          <div class="digits-card">{drawCode(draw, now.digits, 'tile-code')}</div>
          <p class="note caution">
            <Icon name="i-warn" look="i-s" />
            <span>{t('move.old.digits.never')}</span>
          </p>
          {now.server ? (
            <Waiting text={t('move.old.digits.wait')} without={() => void screenOnly(now, 'chosen')} />
          ) : (
            <>
              <Moved detour={now.detour} />
              <p>{t('move.old.digits.text')}</p>
              <Scan next={{ ...now, at: 'hear' }} label={t('move.old.hear.go')} />
            </>
          )}
        </>
      )
    case 'sent':
      return (
        <>
          <StepTitle>{t('move.old.sent')}</StepTitle>
          <p role="status">{t('move.old.sent.text')}</p>
          <button class="btn" type="button" onClick={() => to({ at: 'done', wants: 'accounts' })}>
            {t('move.old.skip')}
          </button>
        </>
      )
    case 'show':
      return (
        <>
          <StepTitle>{t('move.old.show')}</StepTitle>
          <Moved detour={now.detour} />
          <p>{t('move.old.show.text', { seconds: now.showing.seconds })}</p>
          <Moving showing={now.showing} label={now.wants === 'accounts' ? t('move.old.show.label') : t('move.old.open.label')} />
          {now.wants === 'accounts' && <Scan next={{ ...now, at: 'receipt' }} label={t('move.old.receipt.go')} />}
          <button class="btn" type="button" onClick={() => to({ at: 'done', wants: now.wants })}>
            {now.wants === 'accounts' ? t('move.old.skip') : t('move.old.opened')}
          </button>
        </>
      )
    case 'done':
      return <Done now={now} />
    case 'ended':
      return <Ended why={now.why} again={() => to({ at: 'begin' })} instead={<FileInstead />} />
  }
}

function Begin() {
  if (vault.value.entries.length === 0 && !backup.value) {
    return (
      <>
        <p class="lead">{t('move.old.none')}</p>
        <a class="btn primary tall" href="#move/new" data-instead="">
          {t('move.old.new')}
        </a>
      </>
    )
  }
  return (
    <>
      <p class="lead">{t('move.old.lead')}</p>
      <ol class="card numbered">
        <li>{t('move.old.first')}</li>
        <li>{t('move.old.second')}</li>
        <li>{t('move.old.third')}</li>
      </ol>
      <Scan next={{ at: 'find' }} label={t('move.old.find.go')} />
      <TypeInstead />
      <p class="small">{t('move.old.paired')}</p>
      <p class="small">
        <a href="#move/new" data-instead="">
          {t('move.old.new')}
        </a>
      </p>
      <FileInstead />
    </>
  )
}

function Confirm({ now: { name, wants } }: { now: Extract<Step, { at: 'confirm' }> }) {
  const all = wants === 'accounts'
  return (
    <>
      <StepTitle>{all ? t('move.old.confirm', { name }) : t('move.old.open', { name })}</StepTitle>
      <p>{all ? t('move.old.confirm.text', { n: vault.value.entries.length }) : t('move.old.open.text')}</p>
      <p class="note caution">
        <Icon name="i-warn" look="i-s" />
        <span>{t('move.old.confirm.hand')}</span>
      </p>
      <div class="btns">
        <button class="btn" type="button" onClick={() => back('menu')}>
          {t('app.cancel')}
        </button>
        <button class="btn primary" type="button" onClick={() => void agree()}>
          {all ? t('move.old.confirm.yes') : t('move.old.open.yes')}
        </button>
      </div>
    </>
  )
}

/** Nothing was removed; what could be next. */
function Done({ now: { wants, arrived } }: { now: Extract<Step, { at: 'done' }> }) {
  if (wants === 'backup') {
    return (
      <>
        <StepTitle>{t('move.old.open.done')}</StepTitle>
        <p>{t('move.old.open.done.text')}</p>
        <a class="btn primary tall" href="#">
          {t('move.old.done.keep')}
        </a>
      </>
    )
  }
  return (
    <>
      <StepTitle>{t('move.old.done')}</StepTitle>
      {arrived ? <Receipt arrived={arrived} /> : <p>{t('move.old.done.unseen')}</p>}
      <p>{t('move.old.done.text')}</p>
      <ol class="card numbered">
        <li>{t('move.old.done.test')}</li>
        {arrived && arrived.work + arrived.personal > 0 && <li>{t('move.old.done.paired')}</li>}
        <li>{t('move.old.done.erase')}</li>
      </ol>
      <a class="btn primary tall" href="#">
        {t('move.old.done.keep')}
      </a>
      <a class="btn danger" href="#menu/erase">
        {t('app.erase')}
      </a>
    </>
  )
}
