/** "I have my old phone": the new phone's screens. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { Finder } from '../add/scan'
import { titleOf } from '../codes/mark'
import type { Recovered, Wants } from '../core/ops'
import { StepTitle } from '../files/parts'
import { Frame } from '../shell/frame'
import { Icon } from '../shell/icon'
import { vault } from '../store/store'
import { t } from '../words/words'
import { groupCode } from '../pair/code'
import { hostOf } from '../pair/link'
import { addCopy, answer, begin, hear, leave, look, screenOnly, step, type Lent, type Step } from './arriving'
import { Moving } from './moving'
import { Ended, FileInstead, Moved, Receipt, Waiting, Without } from './parts'

/** `wants`: everything, or what opens a backup, which `lent` is told. */
export function NewPhone({ wants, lent, from }: { wants: Wants; lent?: Lent; from: string }) {
  const typed = useSignal('')
  useEffect(() => {
    void begin(wants, lent)
    return () => void leave()
  }, [])
  const now = step.value
  const say = wordsOf(wants)
  if (now.at === 'look') {
    const back = (
      <button class="btn" type="button" onClick={() => void answer(typed.value)}>
        {t('move.new.code')}
      </button>
    )
    return <Finder title={t('move.new.look')} point={say.point} hear={hear} ways={back} from={from} />
  }
  return (
    <Frame title={say.title} from={from}>
      <Now now={now} say={say} typed={typed} again={() => void begin(wants, lent)} />
    </Frame>
  )
}

/** A move has an old phone; a backup any device that keeps it, and other ways. */
function wordsOf(wants: Wants) {
  if (wants === 'accounts') {
    return {
      title: t('move.new.title'),
      invite: t('move.new.invite'),
      how: t('move.new.invite.text'),
      digits: t('move.new.digits'),
      wrong: t('move.new.digits.wrong'),
      answer: t('move.new.answer'),
      point: t('move.new.look.point'),
      instead: <FileInstead />,
    }
  }
  return {
    title: t('move.open.title'),
    invite: t('move.open.invite'),
    how: t('move.open.invite.text'),
    digits: t('move.open.digits'),
    wrong: t('move.open.digits.wrong'),
    answer: t('move.open.answer'),
    point: t('move.open.look.point'),
    instead: (
      <p class="small">
        <a href="#recover">{t('move.open.ways')}</a>
      </p>
    ),
  }
}

type Said = ReturnType<typeof wordsOf>

type Typed = { value: string }

function Now({ now, say, typed, again }: { now: Exclude<Step, { at: 'look' }>; say: Said; typed: Typed; again: () => void }) {
  switch (now.at) {
    case 'begin':
      return <p role="status">{t('move.wait')}</p>
    case 'invite':
      return <Invite now={now} say={say} typed={typed} />
    case 'wait':
      return (
        <>
          <StepTitle>{t('move.new.wait')}</StepTitle>
          <Waiting text={t('move.new.wait.text')} without={() => void screenOnly('chosen')} />
        </>
      )
    case 'answer':
      return (
        <>
          <StepTitle>{say.answer}</StepTitle>
          <Moved detour={now.detour} />
          <p>{t('move.new.answer.text')}</p>
          <Moving showing={now.showing} label={t('move.new.answer.label')} />
          <button class="btn primary tall" type="button" onClick={look}>
            <Icon name="i-scan" look="i-s" />
            {t('move.new.look.go')}
          </button>
        </>
      )
    case 'done':
      return (
        <>
          <StepTitle>{t('move.new.done')}</StepTitle>
          <Receipt arrived={now.arrived} />
          <Missing list={now.list.filter(({ state }) => state === 'verify' || state === 'scan')} />
          <Copies list={now.list.filter(({ other }) => other)} />
          {now.showing && (
            <>
              <p>{t('move.new.done.text')}</p>
              <Moving showing={now.showing} label={t('move.new.done.label')} />
            </>
          )}
          <a class="btn primary tall" href="#">
            {t('move.new.done.go')}
          </a>
        </>
      )
    case 'ended':
      return <Ended why={now.why} again={again} instead={say.instead} />
  }
}

function Invite({ now, say, typed }: { now: Extract<Step, { at: 'invite' }>; say: Said; typed: Typed }) {
  const submit = (event: Event) => {
    event.preventDefault()
    void answer(typed.value)
  }
  return (
    <>
      <StepTitle>{say.invite}</StepTitle>
      <p>{say.how}</p>
      <Moved detour={now.detour} />
      <Moving showing={now.showing} label={now.meeting ? t('move.new.meet.label') : t('move.new.invite.label')} />
      {now.meeting && (
        <p class="small">
          {t('move.new.meet.typed', { host: hostOf(now.meeting.server) })} <span class="mono">{groupCode(now.meeting.code)}</span>
        </p>
      )}
      {vault.value.entries.length > 0 && <p class="small">{t('move.new.kept')}</p>}
      <form class="stack" onSubmit={submit} noValidate>
        <div class="field">
          <label for="move-digits">{say.digits}</label>
          <input
            id="move-digits"
            class="mono"
            inputMode="numeric"
            autocomplete="off"
            value={typed.value}
            onInput={(event) => (typed.value = event.currentTarget.value)}
            aria-invalid={now.wrong === true}
            aria-describedby="move-digits-hint move-digits-error"
          />
          <p class="hint" id="move-digits-hint">
            {t('move.new.digits.hint')}
          </p>
          <p class="error" id="move-digits-error" role="alert">
            {now.wrong ? say.wrong : ''}
          </p>
        </div>
        <button class="btn primary tall" type="submit">
          {t('move.next')}
        </button>
      </form>
      {now.meeting && <Without go={() => void screenOnly('chosen')} />}
      {say.instead}
    </>
  )
}

/** Accounts of sign-in services, which are issued anew. */
function Missing({ list }: { list: Recovered[] }) {
  if (list.length === 0) return null
  return (
    <>
      <h2 class="group-title">{t('move.new.paired')}</h2>
      <div class="group">
        {list.map(({ id, state, issuer, name, host = '' }) => (
          <a class="line" key={id} href={`#account/${id}`}>
            <Icon name={state === 'scan' ? 'i-building' : 'i-user'} />
            <span class="what">
              <strong>{titleOf({ issuer, name })}</strong>
              <span>{state === 'scan' ? t('move.new.work') : t('move.new.personal', { host })}</span>
            </span>
            <Icon name="i-chevron" />
          </a>
        ))}
      </div>
      <p class="small">
        {t('move.new.paired.later')} <a href="#help/work">{t('help.work.title')}</a>
      </p>
    </>
  )
}

/** Of accounts that were here with another key: the person may have both. */
function Copies({ list }: { list: Recovered[] }) {
  if (list.length === 0) return null
  return (
    <>
      <h2 class="group-title">{t('move.new.copies')}</h2>
      <ul class="group">
        {list.map((one) => (
          <li class="line" key={one.id}>
            <span class="what">
              <strong>{titleOf(one)}</strong>
            </span>
            <button class="btn sm" type="button" aria-label={t('move.new.copy.label', { name: titleOf(one) })} onClick={() => void addCopy(one.id)}>
              {t('move.new.copy')}
            </button>
          </li>
        ))}
      </ul>
    </>
  )
}
