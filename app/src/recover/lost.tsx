/** The phone that was lost. What it can do ends only where it is known: at each
 *  sign-in service, and in the backup. This one is tried first: whoever removes the
 *  old phone and then finds out that the new one does not work is locked out. Then
 *  one tap removes it wherever this one may, and the screen says what is left. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { act, busy, forgetTrouble, lookUp, trouble } from '../backup/act'
import { backup } from '../backup/kept'
import { troubleWords } from '../backup/said'
import { titleOf } from '../codes/mark'
import { hostOf } from '../pair/link'
import { securityURL, type Paired } from '../remote/registrations'
import { Icon } from '../shell/icon'
import { confirm, type Question } from '../shell/sheets'
import { toast } from '../shell/toast'
import { vault } from '../store/store'
import { t } from '../words/words'
import { day } from '../words/when'
import { standing } from './fate'
import { lookForGone, removeGone, type Device, type Found, type Hold } from './gone'
import { Page } from './parts'
import type { Listing } from './recovery'
import { tickets } from './ticket'

export function Lost({ of }: { of: Listing }) {
  const found = useSignal<Found | undefined>(undefined)
  const failures = useSignal<string[]>([])
  const look = async () => (found.value = (await lookUp(lookForGone)) ?? found.value)
  useEffect(() => {
    void look()
    return forgetTrouble
  }, [])
  const remove = async (device: Device) => {
    if (!(await confirm(questionOf(device)))) return
    failures.value = []
    const failed = await act((core) => removeGone(core, device))
    if (!failed) return
    const done = device.holds.filter((hold) => !failed.some((one) => one.hold === hold))
    if (done.length > 0) toast(t('recover.lost.done', { device: device.name, where: where(done) }))
    failures.value = failed.map(({ hold, why }) => t('recover.lost.failed', { where: where([hold]), why: wordsOf(hold, why) }))
    await look()
  }
  const wrong = trouble.value ? [...failures.value, trouble.value] : failures.value
  return (
    <Page at="accounts" from="recover">
      <div class="stack">
        <h2 class="title big">{t('recover.lost.title')}</h2>
        <p class="lead">{t('recover.lost.lead')}</p>
        <ol class="card numbered">
          <li>{t('recover.lost.try')}</li>
          <li>{t('recover.lost.compare')}</li>
        </ol>
      </div>
      <h3 class="group-title">{t('recover.lost.then')}</h3>
      <Devices found={found.value} remove={(device) => void remove(device)} />
      {wrong.length > 0 && (
        <div class="note caution" role="alert">
          <Icon name="i-warn" look="i-s" />
          <div class="stack gap-2">
            {wrong.map((words) => (
              <p key={words}>{words}</p>
            ))}
          </div>
        </div>
      )}
      <Left found={found.value} of={of} />
      <p class="note info">
        <Icon name="i-info" look="i-s" />
        <span>{t('recover.lost.others')}</span>
      </p>
    </Page>
  )
}

/** "Aoba Works, Komorebi, cloud backup". */
function where(holds: readonly Hold[]): string {
  return holds.map((hold) => (hold.at === 'backup' ? t('recover.lost.in.backup') : titleOf(hold.account))).join(t('recover.lost.and'))
}

function questionOf({ name, holds }: Device): Question {
  const opens = holds.some(({ at }) => at === 'backup')
  const [title, words] = [t('recover.lost.ask', { device: name }), { where: where(holds) }]
  return { title, text: opens ? t('recover.lost.ask.opens', words) : t('recover.lost.ask.text', words), yes: t('recover.lost.yes'), danger: true }
}

function wordsOf(hold: Hold, why: unknown): string {
  return troubleWords(why, hold.at === 'backup' ? (backup.value?.issuer ?? '') : hold.account.server.issuer)
}

function Devices({ found, remove }: { found: Found | undefined; remove: (device: Device) => void }) {
  if (!found) return busy.value ? <p class="small">{t('recover.lost.looking')}</p> : null
  if (found.devices.length === 0) return <p class="small">{t('recover.lost.none')}</p>
  return (
    <ul class="group" aria-busy={busy.value}>
      {found.devices.map((device) => (
        <li class="line finding" key={`${device.name}${device.since ?? ''}`}>
          <Icon name="i-phone" />
          <div class="what">
            <strong>{device.name}</strong>
            <span>{where(device.holds)}</span>
            {device.since !== undefined && <span>{t('backup.ways.added', { when: day(new Date(device.since)) })}</span>}
            <p class="row wrap">
              <button class="btn sm danger" type="button" aria-disabled={busy.value} onClick={() => remove(device)}>
                {t('recover.lost.remove')}
                <span class="vh">{device.name}</span>
              </button>
            </p>
          </div>
        </li>
      ))}
    </ul>
  )
}

/** What only the person can do, and where. */
function Left({ found, of }: { found: Found | undefined; of: Listing }) {
  const services = new Map(found?.closed.map((account) => [account.server.issuer, account] as const))
  return (
    <>
      <h3 class="group-title">{t('recover.lost.left')}</h3>
      <div class="group">
        <Unregistered of={of} />
        {[...services.values()].map((account) => (
          <Service key={account.id} account={account} />
        ))}
        <a class="line" href={backup.value ? '#backup/ways' : '#backup'}>
          <Icon name="i-cloud" />
          <span class="what">
            <strong>{t('recover.lost.backup')}</strong>
            <span>{backup.value ? t('recover.lost.backup.text') : t('recover.lost.backup.off')}</span>
          </span>
          <Icon name="i-chevron" />
        </a>
        {!backup.value && <Place issuer={of.issuer} />}
      </div>
    </>
  )
}

/** Accounts that this phone has no registration of yet: the old one still approves there. */
function Unregistered({ of }: { of: Listing }) {
  const accounts = standing(of.accounts, vault.value, tickets.value).needs.filter(({ kind }) => kind !== 'other')
  if (accounts.length === 0) return null
  return (
    <a class="line" href="#recover">
      <Icon name="i-user" />
      <span class="what">
        <strong>{t('recover.lost.unregistered', { titles: accounts.map(titleOf).join(t('recover.lost.and')) })}</strong>
        <span>{t('recover.lost.unregistered.text')}</span>
      </span>
      <Icon name="i-chevron" />
    </a>
  )
}

function Service({ account: { server } }: { account: Paired }) {
  return (
    <a class="line" href={securityURL(server.registration)} target="_blank" rel="noreferrer">
      <Icon name="i-shield" />
      <span class="what">
        <strong>{t('recover.lost.service', { host: server.host })}</strong>
        <span>{t('recover.lost.service.text')}</span>
      </span>
      <Icon name="i-external" />
    </a>
  )
}

/** Without a backup here, the old phone's access to the place can be ended at least. */
function Place({ issuer }: { issuer: string }) {
  return (
    <a class="line" href={`${issuer}/security/backup`} target="_blank" rel="noreferrer">
      <Icon name="i-shield" />
      <span class="what">
        <strong>{t('recover.lost.place', { host: hostOf(issuer) })}</strong>
        <span>{t('recover.lost.place.text')}</span>
      </span>
      <Icon name="i-external" />
    </a>
  )
}
