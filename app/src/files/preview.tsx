/** What is in a file, and what an import of it would do. Nothing has changed yet. */
import { useSignal } from '@preact/signals'
import { drawMark, titleOf } from '../codes/mark'
import type { Choice, Code, Found, Item, Problem, Reason } from '../core/core'
import { draw } from '../shell/h'
import { Icon } from '../shell/icon'
import { MoreLine } from '../shell/line'
import { vault } from '../store/store'
import { t } from '../words/words'
import { groupsOf, optionsOf, refusedIn, touched, type Group, type Placed } from './choices'
import { ChooseFiles } from './import'
import { StepTitle, TroubleNote } from './parts'
import { nameOf, say, type Trouble } from './said'
import { choices, choose, importAll, pins, startOver, typePin, wrongPin } from './visit'

/** So many rows are drawn at a time: a file may hold ten thousand. */
const page = 40

export function Preview({ found, trouble }: { found: Found; trouble: Trouble | undefined }) {
  const n = touched(found, choices.value, pins.value)
  const groups = groupsOf(found)
  const part = found.scanned && found.scanned.have < found.scanned.of ? found.scanned : undefined
  return (
    <>
      <TroubleNote trouble={trouble} />
      <div class="stack gap-2">
        <StepTitle>{t('files.preview.title', { format: nameOf(found.format), n: found.items.length })}</StepTitle>
        <p class="small">{summary(found, n)}</p>
        <Counts groups={groups} problems={found.problems.length + refusedIn(found).length} />
      </div>
      {part && <Scanned {...part} />}
      {groups.map((group) => (
        <Accounts key={group.state} group={group} />
      ))}
      <Problems found={found} />
      <div class="btns act">
        <button class="btn" type="button" onClick={() => startOver()}>
          {t('files.import.other')}
        </button>
        <button class="btn primary" type="button" aria-disabled={n === 0} onClick={() => void (n > 0 && importAll())}>
          {n > 0 ? t('files.import.go', { n }) : t('files.import.none')}
        </button>
      </div>
    </>
  )
}

function summary({ items, problems }: Found, n: number): string {
  if (n > 0 || problems.some(({ needsPin }) => needsPin)) return t('files.preview.lead')
  return items.some(({ state }) => state === 'same') ? t('files.preview.nothing') : t('files.preview.empty')
}

function Counts({ groups, problems }: { groups: Group[]; problems: number }) {
  return (
    <p class="row wrap gap-2">
      {groups.map(({ state, placed }) => (
        <span class={`badge ${look[state]}`} key={state}>
          {stateWords(state)} {placed.length}
        </span>
      ))}
      {problems > 0 && (
        <span class="badge danger">
          {t('files.state.problem')} {problems}
        </span>
      )}
    </p>
  )
}

/** Of several codes some are still to come. */
function Scanned({ have, of, missing }: NonNullable<Found['scanned']>) {
  return (
    <div class="note info">
      <Icon name="i-qr" look="i-s" />
      <div class="stack gap-3">
        <p role="status">
          <strong>{t('files.scanned.some', { have, of })}</strong>
          {t('files.scanned.next', { missing: missing[0] ?? 0 })}
        </p>
        <div class="row wrap gap-2">
          <a class="btn sm" href="#files/scan?more">
            <Icon name="i-scan" look="i-s" />
            {t('files.scanned.more')}
          </a>
          <ChooseFiles look="sm" icon="i-image" label={t('files.scanned.picture')} />
        </div>
      </div>
    </div>
  )
}

const look: Record<Group['state'], string> = { conflict: 'caution', changed: 'info', new: 'ok', same: '' }

function stateWords(state: Group['state']): string {
  switch (state) {
    case 'conflict':
      return t('files.state.conflict')
    case 'changed':
      return t('files.state.changed')
    case 'new':
      return t('files.state.new')
    case 'same':
      return t('files.state.same')
  }
}

function Accounts({ group: { state, placed } }: { group: Group }) {
  const shown = useSignal(page)
  const rest = placed.length - shown.value
  const about = { conflict: t('files.state.conflict.text'), changed: t('files.state.changed.text'), new: '', same: t('files.state.same.text') }[state]
  return (
    <>
      <h3 class="group-title">
        {stateWords(state)} <span class="num">{placed.length}</span>
      </h3>
      {about && <p class="small pad-start">{about}</p>}
      <ul class="group found">
        {placed.slice(0, shown.value).map((one) => (
          <Row key={one.at} {...one} />
        ))}
        {rest > 0 && (
          <MoreLine title={t('files.preview.more', { n: rest })} act={() => (shown.value += 5 * page)} />
        )}
      </ul>
    </>
  )
}

function Row({ at, item }: Placed) {
  const title = titleOf(item)
  const name = item.issuer && item.name ? `${item.issuer} (${item.name})` : title
  const why = item.reasons.map((reason) => reasonWords(reason, item)).join(' · ')
  return (
    <li class="line">
      {drawMark(draw, { kind: 'other', issuer: item.issuer, name: item.name }, 'sm')}
      <div class="what">
        <strong>{title}</strong>
        {item.issuer && item.name && <span>{item.name}</span>}
        {why && <span>{why}</span>}
        {item.state !== 'new' && <Decision at={at} item={item} name={name} />}
      </div>
      {item.state === 'new' && <Take at={at} item={item} name={name} />}
    </li>
  )
}

type DecisionProps = Placed & { name: string }

/** A new account comes, or not. */
function Take({ at, item, name }: DecisionProps) {
  const taken = (choices.value.get(at) ?? item.choice) !== 'skip'
  return (
    <label class="take">
      <span class="vh">{t('files.choice.take', { name })}</span>
      <input type="checkbox" checked={taken} onChange={(event) => choose(at, event.currentTarget.checked ? 'add' : 'skip')} />
    </label>
  )
}

/** Of an account that is here in some way there is more to choose. */
function Decision({ at, item, name }: DecisionProps) {
  const options = optionsOf(item)
  const chosen = choices.value.get(at) ?? item.choice
  if (options.length === 0) return null
  return (
    <select aria-label={t('files.choice.label', { name })} onChange={(event) => choose(at, event.currentTarget.value as Choice)}>
      {options.map((option) => (
        <option key={option} value={option} selected={option === chosen}>
          {choiceWords(option, item)}
        </option>
      ))}
    </select>
  )
}

function choiceWords(choice: Choice, { state }: Item): string {
  switch (choice) {
    case 'add':
      return t('files.choice.both')
    case 'fill':
      return t('files.choice.fill')
    case 'replace':
      return state === 'conflict' ? t('files.choice.replace') : t('files.choice.file')
    case 'skip':
      return t('files.choice.mine')
  }
}

function reasonWords(reason: Reason, { here }: Item): string {
  const entry = vault.value.entries.find(({ id }) => id === here)
  const ours = entry ? [entry.issuer, entry.name].filter(Boolean).join(' ') : ''
  switch (reason) {
    case 'twice':
      return t('files.reason.twice')
    case 'in_trash':
      return t('files.reason.in_trash')
    case 'names':
      return t('files.reason.names', { ours })
    case 'note':
      return t('files.reason.note')
    case 'tags':
      return t('files.reason.tags')
    case 'counter':
      return t('files.reason.counter')
    case 'pin':
      return t('files.reason.pin')
    case 'other_secret':
      return t('files.reason.other_secret', { ours })
    case 'other_form':
      return t('files.reason.other_form', { ours })
  }
}

/** Entries that are not taken over, each with its reason. */
function Problems({ found }: { found: Found }) {
  const shown = useSignal(page)
  const refused = refusedIn(found)
  const rest = found.problems.length - shown.value
  if (found.problems.length + refused.length === 0) return null
  return (
    <>
      <h3 class="group-title">
        {t('files.state.problem')} <span class="num">{found.problems.length + refused.length}</span>
      </h3>
      <ul class="group found">
        {refused.map(({ at, item }) => (
          <ProblemRow key={`r${at}`} entry={titleOf(item) || `#${at + 1}`} why={refusalWords(item.error)} />
        ))}
        {found.problems.slice(0, shown.value).map((problem, at) => (
          <ProblemRow key={at} entry={problem.entry} why={say(problem.message)} {...(problem.needsPin && { pin: { at, problem } })} />
        ))}
        {rest > 0 && (
          <MoreLine title={t('files.preview.more', { n: rest })} act={() => (shown.value += 5 * page)} />
        )}
      </ul>
    </>
  )
}

type ProblemRowProps = { entry: string; why: string; pin?: { at: number; problem: Problem } }

function ProblemRow({ entry, why, pin }: ProblemRowProps) {
  return (
    <li class="line">
      <Icon name="i-warn" />
      <div class="what">
        <strong>{entry}</strong>
        <span>{why}</span>
        {pin && <Pin {...pin} />}
      </div>
    </li>
  )
}

/** With its PIN the account is whole. */
function Pin({ at, problem }: { at: number; problem: Problem }) {
  const wrong = wrongPin.value === at
  return (
    <div class="field">
      <input
        aria-label={t('files.pin.label', { name: problem.entry })}
        value={pins.value.get(at) ?? ''}
        maxLength={64}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        aria-invalid={wrong}
        aria-describedby={`pin-${at}`}
        onInput={(event) => typePin(at, event.currentTarget.value)}
      />
      <p class="error" id={`pin-${at}`} role="alert">
        {wrong ? t('files.pin.wrong') : ''}
      </p>
    </div>
  )
}

/** Why an account of a file is refused by the vault. */
function refusalWords(code: Code | undefined): string {
  switch (code) {
    case 'no_name':
      return t('files.refused.no_name')
    case 'algorithm':
      return say('transfer.reason.algorithm')
    case 'digits':
      return say('transfer.reason.digits')
    case 'period':
      return say('transfer.reason.period')
    case 'counter':
      return say('transfer.reason.counter')
    case 'secret':
      return say('transfer.reason.secret')
    default:
      return say('transfer.reason.malformed')
  }
}
