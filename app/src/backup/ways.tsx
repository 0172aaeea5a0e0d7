/** What opens the backup, and which devices store and fetch. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Way } from '../core/ops'
import { Line } from '../settings/menu'
import { Icon } from '../shell/icon'
import { back, go } from '../shell/router'
import { confirm } from '../shell/sheets'
import { toast } from '../shell/toast'
import { t } from '../words/words'
import { day, when } from '../words/when'
import { act, busy, done, lookUp } from './act'
import { doorOf } from './bind'
import type { Backup } from './kept'
import { NewKey } from './key'
import { Page, TroubleNote } from './parts'
import { evaluate, makeOne } from './passkey'
import { placeOf, type Bound } from './place'
import { addPasskey, removeWay, replaceKey } from './turn'

export function WaysScreen({ backup }: { backup: Backup }) {
  const ways = useSignal<Way[]>([])
  useEffect(() => {
    void lookUp(async (core) => (await core.sealed('ways', { keys: backup.keys })).result.ways).then((all) => (ways.value = all ?? ways.value))
  }, [backup.keys])
  const passkey = ways.value.some(({ kind }) => kind === 'passkey')
  return (
    <Page title={t('backup.ways')} from="backup">
      <p class="small">{t('backup.ways.lead')}</p>
      <TroubleNote />
      <ul class="group" aria-busy={busy.value}>
        {ways.value.map((way) => (
          <WayLine key={way.id} way={way} />
        ))}
      </ul>
      <div class="group">
        <Line
          icon="i-passkey"
          title={passkey ? t('backup.ways.passkey.anew') : t('backup.ways.passkey.add')}
          text={t('backup.ways.passkey.text')}
          act={() => void newPasskey()}
        />
        <Line icon="i-key" title={t('backup.key.anew')} text={t('backup.key.anew.lead')} act={() => go('backup/key')} />
      </div>
      <Devices backup={backup} />
    </Page>
  )
}

const icons: Record<Way['kind'], string> = { key: 'i-key', passkey: 'i-passkey', device: 'i-phone' }

function WayLine({ way }: { way: Way }) {
  const since = day(new Date(way.added))
  const name = nameOf(way)
  return (
    <li class="line">
      <Icon name={icons[way.kind]} />
      <span class="what">
        <strong>{name}</strong>
        <span>{way.this ? t('backup.ways.this.added', { label: way.label, when: since }) : t('backup.ways.added', { when: since })}</span>
      </span>
      {!way.this && way.kind !== 'key' && (
        <button class="btn sm" type="button" aria-disabled={busy.value} onClick={() => void remove(way.id, name)}>
          {t('backup.ways.remove')}
          <span class="vh">{name}</span>
        </button>
      )}
    </li>
  )
}

function nameOf({ kind, label, this: here }: Way): string {
  if (kind === 'key') return t('backup.ways.key')
  if (kind === 'passkey') return t('backup.ways.passkey')
  return here ? t('backup.ways.this') : label
}

async function remove(id: string, label: string): Promise<void> {
  const question = { title: t('backup.ways.remove.title', { label }), text: t('backup.ways.remove.text'), yes: t('backup.ways.remove'), danger: true }
  if (await confirm(question)) await done((core) => removeWay(core, id), t('backup.ways.remove.done'))
}

/** Made, and asked at once: one that gives no secret would open nothing. */
async function newPasskey(): Promise<void> {
  await done(async (core) => {
    await makeOne()
    const wanted = (await core.sealed('newPasskey', {})).result
    await addPasskey(core, t('backup.ways.passkey'), await evaluate(wanted))
  }, t('backup.ways.passkey.done'))
}

/** Devices that are signed in to the place. The server knows what kind they are,
 *  and no names. */
function Devices({ backup }: { backup: Backup }) {
  const devices = useSignal<Bound[]>([])
  const see = () => void lookUp(async () => (await placeOf(await doorOf(backup)).status()).devices).then((all) => (devices.value = all ?? []))
  useEffect(see, [backup.etag])
  const end = async ({ binding, platform }: Bound) => {
    const question = { title: t('backup.ways.devices.end.title', { label: platform }), text: t('backup.ways.devices.end.text'), yes: t('backup.ways.devices.end'), danger: true }
    if (!(await confirm(question))) return
    await done(async () => placeOf(await doorOf(backup)).leave(binding), t('backup.ways.devices.ended'))
    see()
  }
  if (devices.value.length === 0) return null
  return (
    <>
      <h2 class="group-title">{t('backup.ways.devices')}</h2>
      <p class="small">{t('backup.ways.devices.lead')}</p>
      <ul class="group">
        {devices.value.map((one) => (
          <li class="line" key={one.binding}>
            <Icon name="i-phone" />
            <span class="what">
              <strong>{one.binding === backup.binding ? t('backup.ways.this') : one.platform}</strong>
              <span>{seenWords(one)}</span>
            </span>
            {one.paused && <span class="val">{t('backup.ways.devices.paused')}</span>}
            {one.binding !== backup.binding && (
              <button class="btn sm" type="button" aria-disabled={busy.value} onClick={() => void end(one)}>
                {t('backup.ways.devices.end')}
                <span class="vh">{one.platform}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  )
}

function seenWords({ place, seenAt, createdAt }: Bound): string {
  const seen = when(new Date(seenAt || createdAt))
  return place ? t('backup.ways.devices.seen', { place, when: seen }) : t('backup.ways.devices.seen.nowhere', { when: seen })
}

/** A recovery key in the place of the one before. */
export function KeyScreen({ backup }: { backup: Backup }) {
  const showing = useSignal(false)
  const use = async (key: string) => {
    const replaced = await act(async (core) => {
      await replaceKey(core, key)
      return true
    })
    if (!replaced) return
    back('backup/ways')
    toast(t('backup.key.anew.done'))
  }
  return (
    <Page title={t('backup.key')} from="backup/ways">
      {showing.value ? (
        <NewKey home={backup} use={(key) => void use(key)} />
      ) : (
        <div class="card stack">
          <h2>{t('backup.key.anew')}</h2>
          <p>{t('backup.key.anew.lead')}</p>
          <button class="btn primary" type="button" onClick={() => (showing.value = true)}>
            {t('backup.key.anew.go')}
          </button>
        </div>
      )}
    </Page>
  )
}
