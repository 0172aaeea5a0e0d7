/** The second step: the ways to open a backup. */
import { evaluate } from '../backup/passkey'
import type { Prf } from '../core/ops'
import { hostOf } from '../pair/link'
import { Icon } from '../shell/icon'
import { t } from '../words/words'
import { when } from '../words/when'
import { closed, goOn, takeOlder, unlock, working } from './opening'
import { Choice, Page, ProblemNote } from './parts'
import { startOver, type Archive, type Reading } from './recovery'

export function Unlock({ of }: { of: Reading }) {
  const archive = closed.value
  const { login, issuer, version } = of
  const older = archive !== undefined && archive.version < version.version
  return (
    <Page at="unlock">
      <div class="stack" role="status">
        <h2 class="title big">{t('recover.unlock.title')}</h2>
        <p class="lead">
          {older ? t('recover.unlock.older', { n: archive.version }) : t('recover.unlock.lead', { when: when(new Date(version.at)), n: version.version })}
        </p>
        <p class="small">{t('recover.unlock.account', { login, host: hostOf(issuer) })}</p>
      </div>
      <ProblemNote older={() => void takeOlder()}>
        {!archive && (
          <button class="btn sm" type="button" onClick={() => void goOn()}>
            <Icon name="i-refresh" look="i-s" />
            {t('app.pair.failed.again')}
          </button>
        )}
        <button class="btn sm" type="button" onClick={() => void startOver()}>
          {t('recover.unlock.again')}
        </button>
      </ProblemNote>
      <Ways archive={archive} />
      <p class="small">
        <a href="#recover/none">{t('recover.unlock.none')}</a>
      </p>
    </Page>
  )
}

/** Ways to open it; those that this backup does not have are not offered. */
function Ways({ archive }: { archive: Archive | undefined }) {
  const passkey = archive?.passkey
  const ask = (inputs: Prf) => void unlock(async () => ({ passkey: await evaluate(inputs) }))
  return (
    <div class="stack gap-3" aria-busy={working.value}>
      {passkey && (
        <Choice
          first
          icon="i-passkey"
          title={t('recover.way.passkey')}
          text={t('recover.way.passkey.text')}
          busy={working.value}
          act={() => ask(passkey)}
        />
      )}
      <Choice icon="i-phone" title={t('recover.way.device')} text={t('recover.way.device.text')} to="recover/device" />
      <Choice first={!passkey} icon="i-key" title={t('recover.way.key')} text={t('recover.way.key.text')} to="recover/key" />
    </div>
  )
}

/** Nothing is at hand that opens it. */
export function NoWay() {
  return (
    <Page at="unlock" from="recover">
      <div class="stack">
        <h2 class="title big">{t('recover.noway.title')}</h2>
        <p class="lead">{t('recover.noway.lead')}</p>
        <ul class="hints">
          <li>{t('recover.noway.paper')}</li>
          <li>{t('recover.noway.device')}</li>
          <li>{t('recover.noway.keep')}</li>
        </ul>
        <a class="btn primary wide tall" href="#add">
          {t('recover.byone')}
        </a>
        <p class="small">{t('recover.none.byone')}</p>
      </div>
    </Page>
  )
}
