/** Keeping a backup in step: what other devices stored is taken in, what is here
 *  is stored, read back and opened. Nothing is overwritten; only what was read
 *  back counts as verified. One tab at a time does it (`turns.ts`). */
import type { core as ourCore } from '../core/core'
import { CoreTrouble, type Comparison, type Recovered } from '../core/ops'
import type { Bytes } from '../remote/bytes'
import { Trouble } from '../remote/trouble'
import { store, vaultGeneration } from '../store/store'
import { bytesOf } from '../store/text'
import { StoreTrouble } from '../store/trouble'
import { doorOf } from './bind'
import { edit, read, type Backup } from './kept'
import { placeOf, refusal, type Place } from './place'
import { vouch } from './vouch'
import { change, fail, verify, type Stop } from './watch'

export type Core = typeof ourCore

/** What a person said of accounts that other devices removed. */
export type Answered = 'keep' | 'delete'

/** How often a backup that another device overtook begins anew. */
const rounds = 4

/** Backs up what is here. Throws what it was that went wrong, after it was noted. */
export async function backUp(core: Core, answer?: Answered): Promise<void> {
  try {
    await stepped(core, answer)
  } catch (thrown) {
    const stop = stopOf(thrown)
    if (stop) await edit((one) => ({ ...one, watch: fail(one.watch, Date.now(), stop) }))
    throw thrown
  }
  await vouch(core)
}

/** What went wrong, as the watch knows it; nothing for what is no matter of the backup. */
export function stopOf(thrown: unknown): Stop | undefined {
  if (thrown instanceof StoreTrouble) return undefined
  const core = thrown instanceof CoreTrouble ? thrown.why.code : undefined
  if (core === 'asks') return 'asks'
  if (core === 'branch' || core === 'key' || core === 'foreign') return 'account'
  switch (refusal(thrown)?.code) {
    case 'binding_ended':
      return 'sign_in'
    case 'storage_full':
      return 'full'
    case 'backup_deleted':
      return 'deleted'
    case 'no_backup':
      return 'account'
  }
  return 'unreachable'
}

async function stepped(core: Core, answer: Answered | undefined): Promise<void> {
  const backup = await on()
  const place = placeOf(await doorOf(backup))
  for (let round = 1; ; round++) {
    await takeIn(core, place, answer)
    try {
      return await storeNow(core, place)
    } catch (thrown) {
      if (refusal(thrown)?.code !== 'conflict' || round === rounds) throw thrown
    }
  }
}

async function on(): Promise<Backup> {
  const backup = await read()
  if (!backup) throw new Trouble({ why: 'refused', code: 'no_backup', status: 404, detail: {} })
  return backup
}

/** Merges what another device stored. */
async function takeIn(core: Core, place: Place, answer: Answered | undefined): Promise<void> {
  const { keys, etag, version } = await on()
  const { latest, deletedUntil } = await place.status()
  if (deletedUntil) throw new Trouble({ why: 'refused', code: 'backup_deleted', status: 410, detail: { until: deletedUntil } })
  if (latest?.etag === etag) return
  if (!latest) throw new Trouble({ why: 'refused', code: 'no_backup', status: 404, detail: {} })
  if (latest.version <= version) return putAgain(latest.etag)
  const { archive } = await place.latest()
  const older = await core.sealed('readBackup', { keys }, { bytes: archive }).then(() => false, isOlder)
  if (older) return putAgain(latest.etag)
  await core.change('merge', { ...(answer && { answer }) }, { bytes: await contents(core) })
  const followed = await core.sealed('followBackup', { keys }, { bytes: bytesOf(await store.load()) })
  await edit((one) => ({ ...one, keys: followed.result.keys, etag: latest.etag, version: latest.version }))
}

function isOlder(thrown: unknown): true {
  if (thrown instanceof CoreTrouble && thrown.why.code === 'older') return true
  throw thrown
}

/** The vault of the generation that was opened last. */
export async function contents(core: Core): Promise<Bytes> {
  return new Uint8Array((await core.sealed('contents', {})).vault ?? [])
}

/** Goes on after a server that was set back: what is here is newer, and follows
 *  what the server has. */
async function putAgain(etag: string): Promise<void> {
  const now = Date.now()
  await edit((one) => ({ ...one, etag, setBack: now, watch: change(one.watch, now) }))
}

/** Seals what is here, stores it, reads it back and opens it. The vault is not
 *  held meanwhile, so a change that comes between stays to be stored. */
async function storeNow(core: Core, place: Place): Promise<void> {
  const { keys, etag } = await on()
  const vault = await store.load()
  const made = vaultGeneration.peek()
  const { result, file } = await core.sealed('makeBackup', { keys }, { bytes: bytesOf(vault) })
  const version = await place.put(new Uint8Array(file ?? []), etag)
  const { archive } = await place.latest()
  await core.sealed('verifyBackup', { keys: result.keys, sum: result.sum }, { bytes: archive })
  await edit((one) => ({
    ...one,
    keys: result.keys,
    etag: version.etag,
    version: version.version,
    watch: verify(one.watch, Date.now(), one.seen > made ? one.watch.changed : 0),
    seen: Math.max(one.seen, made),
  }))
}

/** What bringing back from an old version would do. */
export async function compare(core: Core, n: number): Promise<Comparison> {
  const { result } = await core.ask('compare', {}, { bytes: await old(core, n) })
  return result
}

/** Brings back what is in an old version and not here any more. What is here stays
 *  as it is. */
export async function bringBack(core: Core, n: number): Promise<Recovered[]> {
  return core.change('bringBack', {}, { bytes: await old(core, n) })
}

/** The vault of an old version. */
async function old(core: Core, n: number): Promise<Bytes> {
  const backup = await on()
  const { archive } = await placeOf(await doorOf(backup)).version(n)
  await core.sealed('readBackup', { keys: backup.keys, version: true }, { bytes: archive })
  return contents(core)
}
