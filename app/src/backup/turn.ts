/** Turning the backup on and off, and what else a person does to it. */
import type { Prf } from '../core/ops'
import { goodName, platformOf } from '../pair/device'
import { keys as deviceKeys } from '../store/keys'
import { vaultGeneration } from '../store/store'
import { bind, deleteBackup, doorOf, subjectOf, unbind, type Binding } from './bind'
import { backUp, contents, type Answered, type Core } from './instep'
import { edit, read, write, type Begun, type Home } from './kept'
import { placeOf, refusal, type Status, type Stored } from './place'
import { vouchNoMore } from './vouch'
import { begin, change, fail, hold, resume } from './watch'

/** What this device is called among those that open the backup. */
export function deviceName(): string {
  return goodName(platformOf(navigator.userAgent, navigator.maxTouchPoints))
}

/** What lies in the place where a backup is to begin: nothing, or a generation
 *  that has to be opened. `deletedUntil` is of one that was deleted. */
export type There = { status: Status; stored?: Stored; passkey?: Prf }

/** Binds this device to the recovery account that the token is of. Nothing is
 *  backed up before something opens it. */
export async function settle(issuer: string, token: string): Promise<void> {
  const before = await read()
  const bound = await bind(issuer, token)
  if (before) {
    await unbind(bound) // it is on already, perhaps by another tab
    return
  }
  await write(homeOf(bound))
}

function homeOf({ issuer, binding, subject, login }: Binding): Home {
  return { issuer, binding, subject, login }
}

/** Looks what lies in the place of a backup that is to begin. */
export async function look(core: Core, home: Home): Promise<There> {
  const place = placeOf(await doorOf(home))
  const status = await place.status()
  if (!status.latest || status.deletedUntil) return { status }
  const stored = await place.latest()
  const passkey = await core.sealed('passkeyOf', {}, { bytes: copy(stored.archive) }).catch(() => undefined)
  return { status, stored, ...(passkey && { passkey: passkey.result }) }
}

/** Brings back what was deleted, to be joined or followed. */
export async function bringBackDeleted(home: Home): Promise<void> {
  await placeOf(await doorOf(home)).undelete()
}

/** Begins a line of generations of its own, which this device and the recovery key
 *  open. What lies in the place stays there as old versions. */
export async function beginHere(core: Core, home: Begun, key: string, there: There): Promise<void> {
  await core.adopt()
  const device = deviceName()
  const { result } = await core.sealed('beginBackup', { device, key })
  await core.change('name', { name: device })
  const { latest } = there.status
  await write({ ...home, keys: result.keys, ...(latest && { etag: latest.etag }), version: latest?.version ?? 0, watch: begin(Date.now()), seen: vaultGeneration.peek() })
  await backUp(core)
}

/** Opens what lies there and joins: nothing in it is overwritten, and nothing here. */
export async function join(core: Core, home: Begun, there: There, by: { typed: string } | { passkey: Prf }): Promise<void> {
  const { status, stored } = there
  if (!stored || !status.latest) return
  await core.adopt()
  const opened = await core.sealed('openBackup', by, { bytes: copy(stored.archive) })
  const way = opened.result.ways.find(({ kind }) => kind === ('typed' in by ? 'key' : 'passkey'))
  await core.change('merge', { answer: 'keep' }, { bytes: await contents(core) })
  const device = deviceName()
  const { result } = await core.sealed('joinBackup', { device })
  await core.change('name', { name: device })
  await write({ ...home, keys: result.keys, etag: stored.etag, version: status.latest.version, watch: begin(Date.now()), seen: vaultGeneration.peek(), ...(way && { proven: { [way.id]: Date.now() } }) })
  await backUp(core)
}

/** A new sign-in to a backup whose binding ended. False if it was to another account. */
export async function signInAgain(core: Core, issuer: string, token: string): Promise<boolean> {
  const bound = await bind(issuer, token)
  const before = await read()
  if (!before || before.subject !== bound.subject || before.issuer !== issuer) {
    await unbind(bound)
    return false
  }
  await edit((one) => ({ ...one, ...homeOf(bound), watch: resume(one.watch) }))
  await deviceKeys.delete(before.binding)
  await backUp(core)
  return true
}

/** Ends the binding and forgets the keys of the backup. What is stored stays there. */
export async function turnOff(home: Home): Promise<void> {
  const before = await read()
  await write(undefined)
  await vouchNoMore(Object.keys(before?.vouched ?? {}))
  await unbind(home)
}

/** Backs up now, whatever stood in the way. */
export async function goOn(core: Core, answer?: Answered): Promise<void> {
  await edit((one) => ({ ...one, watch: resume(one.watch) }))
  await backUp(core, answer)
}

/** Pauses it on this device. The server hears of it if it can be reached: it
 *  writes to people whose backup is silent. */
export async function pause(): Promise<void> {
  await edit((one) => ({ ...one, watch: hold(one.watch) }))
  await tellPaused(true)
}

/** Goes on after a pause. */
export async function unpause(core: Core): Promise<void> {
  await tellPaused(false)
  await goOn(core)
}

async function tellPaused(paused: boolean): Promise<void> {
  const backup = await read()
  if (backup) await placeOf(await doorOf(backup)).pause(paused).catch(() => undefined)
}

/** Deletes the backup of who has just signed in. False if that is another account. */
export async function deleteThere(issuer: string, token: string): Promise<boolean> {
  const backup = await read()
  if (!backup || backup.issuer !== issuer || backup.subject !== subjectOf(token)) return false
  await deleteBackup(issuer, token)
  await edit((one) => ({ ...one, watch: fail(one.watch, Date.now(), 'deleted') }))
  return true
}

/** Brings a deleted backup back, and goes on with it. One that is gone for good is
 *  begun anew by the person. */
export async function undelete(core: Core): Promise<void> {
  const backup = await read()
  if (!backup) return
  try {
    await placeOf(await doorOf(backup)).undelete()
  } catch (thrown) {
    if (refusal(thrown)?.code === 'no_backup') await edit((one) => ({ ...one, watch: fail(one.watch, Date.now(), 'account') }))
    throw thrown
  }
  await goOn(core)
}

/** Puts a recovery key in the place of the one before. */
export async function replaceKey(core: Core, key: string): Promise<void> {
  await changeKeys(core, async (keys) => (await core.sealed('addKey', { keys, key })).result.keys)
}

/** Puts a passkey in the place of the one before. */
export async function addPasskey(core: Core, label: string, passkey: Prf): Promise<void> {
  await changeKeys(core, async (keys) => (await core.sealed('addPasskey', { keys, label, passkey })).result.keys)
}

/** Takes away a way of opening: what is made from now on has a new identity. */
export async function removeWay(core: Core, id: string): Promise<void> {
  await changeKeys(core, async (keys) => (await core.sealed('removeWay', { keys, id })).result.keys)
}

type Keys = NonNullable<Awaited<ReturnType<typeof read>>>['keys']

/** What was changed of the ways holds once it is stored; if that has to wait, it
 *  goes with the next backup. */
async function changeKeys(core: Core, work: (keys: Keys) => Promise<Keys>): Promise<void> {
  const backup = await read()
  if (!backup) return
  const keys = await work(backup.keys)
  await edit((one) => ({ ...one, keys, watch: change(one.watch, Date.now()) }))
  await backUp(core)
}

/** Bytes for the worker, which keeps what it is given. */
function copy(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes.slice()
}
