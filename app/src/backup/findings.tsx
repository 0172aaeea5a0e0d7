/** The check-up as a person reads it: what would come back, and each thing that was
 *  found with the one thing to do about it. */
import type { ComponentChildren } from 'preact'
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Finding } from '../core/ops'
import { loadCore } from '../core/plug'
import { hostOf } from '../pair/link'
import { Icon } from '../shell/icon'
import { back } from '../shell/router'
import { vault } from '../store/store'
import { t } from '../words/words'
import { when } from '../words/when'
import { act, busy, done, forgetTrouble, lookUp, trouble } from './act'
import { checkUp, practise, tallyOf, type Tally } from './checkup'
import { backup } from './kept'
import { howItIs, Page, TroubleNote } from './parts'
import { OtherWays, SeenKey, TypedKey } from './typedkey'

/** The card on the screen of a backup that is on. Where it cannot be computed, the
 *  check-up itself says why. */
export function CheckUpCard() {
  const lines = useSignal<Finding[]>([])
  useEffect(() => {
    const look = async () => checkUp(await loadCore())
    void look().then((found) => (lines.value = found)).catch(() => undefined)
  }, [backup.value, vault.value])
  const tally = tallyOf(lines.value)
  if (tally.all === 0) return null
  const open = lines.value.some(({ good }) => !good)
  return (
    <Answer tally={tally} lines={lines.value}>
      <p>
        <a class="btn sm" href="#checkup">
          {open ? t('backup.checkup.ready') : t('backup.checkup.see')}
        </a>
      </p>
    </Answer>
  )
}

type AnswerProps = { tally: Tally; lines: Finding[]; children?: ComponentChildren }

/** If it were lost now: how many come back, and which do not by themselves. As a
 *  card of another screen it has a way to the check-up, and says what it is. */
function Answer({ tally: { all, returns, lost }, lines, children }: AnswerProps) {
  const rest = lines.filter(({ what }) => what === 'verify' || what === 'scan')
  return (
    <section class="card stack" aria-labelledby="checkup-answer">
      {children && <p class="eyebrow">{t('backup.checkup')}</p>}
      <h2 class="title" id="checkup-answer">
        {t('backup.checkup.answer', { n: returns, all })}
      </h2>
      <div class="bar" aria-hidden="true">
        {returns > 0 && <i style={{ '--v': share(returns, all) }} />}
        {returns < all && <i style={{ '--v': share(all - returns, all), '--c': lost > 0 ? 'var(--danger)' : 'var(--lamp-fill)' }} />}
      </div>
      {rest.map((line) => (
        <p class="small" key={line.what}>
          {t('backup.checkup.which', { what: titleOf(line), titles: named(line) })}
        </p>
      ))}
      {lost > 0 && <p class="small">{t('backup.checkup.lost', { n: lost })}</p>}
      {children}
    </section>
  )
}

function share(n: number, all: number): string {
  return `${((100 * n) / all).toFixed(1)}%`
}

export function CheckUpScreen() {
  const lines = useSignal<Finding[] | undefined>(undefined)
  const look = () => void lookUp(checkUp).then((found) => (lines.value = found ?? lines.value))
  useEffect(look, [backup.value, vault.value])
  const all = lines.value
  return (
    <Page title={t('backup.checkup')} from="backup">
      <TroubleNote />
      {!all && <p role="status">{busy.value ? t('backup.off.busy') : ''}</p>}
      {!all && !busy.value && (
        <button class="btn" type="button" onClick={() => (forgetTrouble(), look())}>
          {t('backup.begin.again')}
        </button>
      )}
      {all && <Findings lines={all} />}
    </Page>
  )
}

const groups: [title: 'backup' | 'ways' | 'accounts' | 'circles', of: Finding['what'][]][] = [
  ['backup', ['backup', 'practice']],
  ['ways', ['way', 'alone']],
  ['accounts', ['returns', 'verify', 'scan', 'lost']],
  ['circles', ['own', 'mailbox']],
]

function Findings({ lines }: { lines: Finding[] }) {
  const tally = tallyOf(lines)
  return (
    <>
      {tally.all > 0 && <Answer tally={tally} lines={[]} />}
      {groups.map(([title, of]) => {
        const found = lines.filter(({ what }) => of.includes(what))
        return (
          found.length > 0 && (
            <section class="stack" key={title}>
              <h2 class="group-title">{t(`backup.checkup.group.${title}`)}</h2>
              <ul class="group">
                {found.map((line, i) => (
                  <Line line={line} key={i} />
                ))}
              </ul>
            </section>
          )
        )
      })}
      <p class="small">{t('backup.checkup.foot')}</p>
    </>
  )
}

const icons: Record<Finding['what'], string> = {
  backup: 'i-cloud',
  practice: 'i-restore',
  way: 'i-phone',
  alone: 'i-lock',
  returns: 'i-accounts',
  verify: 'i-user',
  scan: 'i-building',
  lost: 'i-trash',
  own: 'i-refresh',
  mailbox: 'i-mail',
}

function iconOf({ what, kind }: Finding): string {
  if (kind === 'key') return 'i-key'
  return kind === 'passkey' ? 'i-passkey' : icons[what]
}

function Line({ line }: { line: Finding }) {
  return (
    <li class="line finding">
      <Icon name={iconOf(line)} />
      <div class="what">
        <strong>{titleOf(line)}</strong>
        {textOf(line) && <span>{textOf(line)}</span>}
        <Fix line={line} />
      </div>
      <span class={line.good ? 'mark-good' : 'mark-todo'}>
        <Icon name={line.good ? 'i-check' : 'i-warn'} look="i-s" />
        <span class="vh">{line.good ? t('backup.checkup.good') : t('backup.checkup.todo')}</span>
      </span>
    </li>
  )
}

function titleOf({ what, kind, label, titles: { length: n } }: Finding): string {
  switch (what) {
    case 'backup':
      return t('backup.menu')
    case 'way':
      if (kind === 'key') return t('backup.ways.key')
      return kind === 'passkey' ? t('backup.ways.passkey') : label
    case 'returns':
    case 'verify':
    case 'scan':
    case 'lost':
      return t(`backup.checkup.${what}`, { n })
  }
  return t(`backup.checkup.${what}`)
}

function textOf(line: Finding): string {
  switch (line.what) {
    case 'backup':
      return howItIs()
    case 'practice':
      return practiceText(line)
    case 'way':
      return wayText(line)
    case 'alone':
      return t('backup.checkup.alone.text')
    case 'verify':
      return t('backup.checkup.verify.text', { titles: named(line) })
    case 'scan':
      return t('backup.checkup.scan.text', { titles: named(line) })
    case 'lost':
      return named(line)
    case 'own':
    case 'mailbox':
      return t('backup.checkup.circle.text')
    case 'returns':
      return ''
  }
}

function practiceText({ good, at }: Finding): string {
  if (at > 0) return t('backup.checkup.opened', { when: when(new Date(at)) })
  return good ? t('backup.checkup.practice.soon') : t('backup.checkup.practice.never')
}

function wayText({ kind, at }: Finding): string {
  if (at > 0) return t('backup.checkup.opened', { when: when(new Date(at)) })
  if (kind === 'key') return t('backup.checkup.key.untried')
  return kind === 'passkey' ? t('backup.checkup.passkey.untried') : t('backup.checkup.device.text')
}

/** So many accounts are named; of more it is said how many. */
const most = 6

function named({ titles }: Finding): string {
  const listed = titles.slice(0, most).join(t('backup.checkup.and'))
  return titles.length > most ? t('backup.checkup.more', { titles: listed, n: titles.length - most }) : listed
}

/** The one thing to do about a line, or what can be done to be sure. */
function Fix({ line: { what, kind, fix } }: { line: Finding }) {
  if (what === 'practice') return <Practise />
  if (what === 'way' && kind === 'key') return <Way to="checkup/key">{fix ? t('backup.checkup.key.try') : t('backup.checkup.key.again')}</Way>
  switch (fix) {
    case '':
      return null
    case 'turn_on':
      return <Way to="backup">{t('backup.checkup.fix.on')}</Way>
    case 'add_way':
      return <Way to="backup/ways">{t('backup.checkup.fix.way')}</Way>
    case 'know_password':
      return <SecurityInfo page="add" issuers={issuersOf('personal')} />
    case 'second_device':
      return <SecurityInfo page="add" issuers={issuersOf('work')} />
    case 'recovery_codes':
      return <SecurityInfo page="recovery" issuers={backup.value ? [backup.value.issuer] : []} />
  }
  return <Way to="backup">{t('backup.checkup.fix.backup')}</Way>
}

function Way({ to, children }: { to: string; children: ComponentChildren }) {
  return (
    <p class="row wrap">
      <a class="btn sm" href={`#${to}`}>
        {children}
      </a>
    </p>
  )
}

function Practise() {
  return (
    <p class="row wrap">
      <button class="btn sm" type="button" aria-disabled={busy.value} onClick={() => void done(practise, t('backup.checkup.practised'))}>
        {t('backup.checkup.practise')}
      </button>
    </p>
  )
}

function issuersOf(kind: 'personal' | 'work'): string[] {
  const issuers = vault.value.entries.filter((entry) => entry.kind === kind).map(({ server }) => server?.issuer ?? '')
  return [...new Set(issuers)].filter(Boolean)
}

/** The page of Security info where it is done. */
function SecurityInfo({ page, issuers }: { page: 'add' | 'recovery'; issuers: string[] }) {
  return (
    <p class="row wrap">
      {issuers.map((issuer) => (
        <a class="btn sm" href={`${issuer}/security/${page}`} target="_blank" rel="noreferrer" key={issuer}>
          {t('backup.checkup.fix.security', { host: hostOf(issuer) })}
          <Icon name="i-external" look="i-s" />
        </a>
      ))}
    </p>
  )
}

/** Opens the newest backup with the recovery key from paper. True if it did. */
async function tried(typed: string): Promise<boolean> {
  const opened = await act(async (core) => {
    await practise(core, typed)
    return true
  })
  if (opened) back('checkup')
  return opened === true
}

/** The recovery key, tried. What is typed stays on this screen. */
export function TryKeyScreen() {
  const typed = useSignal('')
  const field = useRef<HTMLTextAreaElement>(null)
  const open = async (key: string) => {
    typed.value = key
    if (!(await tried(key))) field.current?.focus()
  }
  const submit = (event: Event) => {
    event.preventDefault()
    void open(typed.value)
  }
  return (
    <Page title={t('backup.checkup.key.try')} from="checkup">
      <p class="lead">{t('backup.checkup.key.lead')}</p>
      <form class="stack" onSubmit={submit} noValidate>
        <TypedKey id="try-key" label={t('backup.ways.key')} typed={typed} field={field} />
        <TroubleNote />
        <button class="btn primary wide tall" type="submit" aria-disabled={busy.value}>
          {busy.value ? t('backup.off.busy') : t('backup.checkup.key.go')}
        </button>
      </form>
      <OtherWays scan="checkup/scan" took={(key) => void open(key)} />
      <p class="small">
        <a href="#backup/key">{t('backup.checkup.key.lost')}</a>
      </p>
    </Page>
  )
}

/** The recovery key, tried by the camera. */
export function ScanKeyScreen() {
  const open = async (key: string) => ((await tried(key)) ? undefined : trouble.value)
  return <SeenKey open={open} type="checkup/key" from="checkup" />
}
