/** A recovery, from the sign-in to the list of what became of each account. Where
 *  it is stands on a sealed paper, so that it can be left at any point and gone on
 *  with: the key that reads the backup place for an hour lies beside the device
 *  keys, and once the backup was opened its accounts are in the vault. What opened
 *  it is kept nowhere: closed before that, it is asked for again. */
import { computed, signal, type ReadonlySignal } from '@preact/signals'
import { bind, doorOf, unbind, type Binding } from '../backup/bind'
import type { Core } from '../backup/instep'
import { placeOf, refusal, type Place, type Version } from '../backup/place'
import { signIn, takeToken } from '../backup/signin'
import { CoreTrouble, type Ops, type Generation, type Prf, type Recovered } from '../core/ops'
import { loadCore } from '../core/plug'
import { calm } from '../remote/text'
import { papers } from '../store/papers'
import { forgetRestoreKeys, keepRestoreKeys } from './restorekeys'

/** The recovery account that was signed in to. */
type Account = { issuer: string; login: string }

/** A backup that is to be opened, and who may read it. */
export type Reading = Account & { at: 'unlock'; binding: string; version: Version }

/** What came of it. */
export type Listing = Account & { at: 'list'; binding: string; generation: number; time: number; device: string; accounts: Recovered[] }

export type Recovery = Reading | Listing

/** Why there is nothing to open. `until`: when a deleted backup is gone for good. */
export type Nothing = Account & { until?: number }

type Missing = Nothing & { at: 'nothing' }

const paper = signal<Recovery | Missing | undefined>(undefined)

/** The recovery that is under way. */
export const recovery: ReadonlySignal<Recovery | undefined> = computed(() => (paper.value?.at === 'nothing' ? undefined : paper.value))

/** There is no backup under this account. */
export const nothing: ReadonlySignal<Nothing | undefined> = computed(() => (paper.value?.at === 'nothing' ? paper.value : undefined))

const name = 'recovery'
const screen = 'recover'
const bringingBack = 'recover/back'

/** Reads where the recovery is, here and whenever another tab goes on with it. */
export async function follow(): Promise<void> {
  papers.follow((changed) => {
    if (changed === name) void look().catch(() => undefined) // locked meanwhile
  })
  await look()
}

async function look(): Promise<void> {
  paper.value = await papers.read<Recovery | Missing>(name)
}

async function note(next: Recovery | Missing | undefined): Promise<void> {
  paper.value = await papers.change<Recovery | Missing>(name, () => next)
}

/** Until when a deleted backup can be brought back, if it still can. */
export function broughtBackUntil({ until = 0 }: Nothing): number | undefined {
  return until > Date.now() ? until : undefined
}

/** Leaves for the sign-in pages of the recovery account. */
export async function begin(issuer: string, login: string): Promise<void> {
  await signIn({ issuer, scope: 'recover', screen, ...(login && { login }) })
}

/** Signs in once more, to bring a deleted backup back: that takes more than reading. */
export function beginBringingBack({ issuer, login }: Nothing): Promise<void> {
  return signIn({ issuer, scope: 'backup', screen: bringingBack, ...(login && { login }) })
}

/** Goes on with the sign-in that came back, if one did. True if it led to a backup. */
export async function arrive(): Promise<boolean> {
  const came = await takeToken(screen)
  if (!came) return false
  try {
    return await found(await bind(came.issuer, came.token))
  } catch (thrown) {
    const refused = refusal(thrown)
    if (refused?.code !== 'no_backup' && refused?.code !== 'backup_deleted') throw thrown
    const { login, until } = refused.detail
    await note({
      at: 'nothing',
      issuer: came.issuer,
      login: typeof login === 'string' ? calm(login) : '',
      ...(typeof until === 'number' && { until }),
    })
    return false
  }
}

/** Goes on with the sign-in that brings a backup back. */
export async function arriveBack(): Promise<boolean> {
  const came = await takeToken(bringingBack)
  if (!came) return false
  const bound = await bind(came.issuer, came.token)
  try {
    const place = placeOf(await doorOf(bound))
    await place.undelete()
    return await found({ ...bound, place: await place.status() })
  } catch (thrown) {
    await unbind(bound)
    throw thrown
  }
}

async function found({ issuer, login, binding, place }: Binding): Promise<boolean> {
  if (!place.latest) {
    await unbind({ issuer, binding })
    await note({ at: 'nothing', issuer, login })
    return false
  }
  await note({ at: 'unlock', issuer, login, binding, version: place.latest })
  return true
}

/** A backup as it came, and what a passkey has to evaluate, if one can open it. */
export type Archive = { bytes: Uint8Array<ArrayBuffer>; version: number; passkey?: Prf }

/** Fetches the newest version, or this one. */
export async function fetchArchive(of: Reading, version?: number): Promise<Archive> {
  const place = await placeFor(of)
  const { archive, etag } = version === undefined ? await place.latest() : await place.version(version)
  const core = await loadCore()
  const passkey = await core.sealed('passkeyOf', {}, { bytes: archive.slice() }).catch(() => undefined) // what is wrong shows when it is opened
  return { bytes: archive, version: Number(etag.split('-')[0]), ...(passkey && { passkey: passkey.result }) }
}

/** The version before this one, if one is kept. */
export async function olderThan(of: Reading, version: number): Promise<Version | undefined> {
  const all = await (await placeFor(of)).versions()
  return all.find((one) => one.version < version)
}

async function placeFor(of: Reading): Promise<Place> {
  return placeOf(await doorOf(of))
}

/** Opens a backup and takes its accounts in; none that is here is overwritten.
 *  Closed between the two, the accounts are here and the list is made anew. */
export async function open(of: Reading, { bytes }: Archive, by: Ops['openBackup']['args']): Promise<void> {
  const core = await loadCore()
  const { result: opened } = await core.sealed('openBackup', by, { bytes: bytes.slice() })
  const { vault } = await core.sealed('contents', {})
  if (!vault) throw new CoreTrouble({ code: 'failed' })
  await keepRestoreKeys(core)
  const accounts = await core.change('recover', { paired: opened.paired }, { bytes: vault.slice() as Uint8Array<ArrayBuffer> })
  const { issuer, login, binding } = of
  await note({ at: 'list', issuer, login, binding, ...headOf(opened), accounts })
}

/** What a person knows a generation by. */
function headOf({ generation, time, device, ways }: Generation): Pick<Listing, 'generation' | 'time' | 'device'> {
  return { generation, time, device: calm(ways.find(({ id }) => id === device)?.label ?? '') }
}

/** Of an account that was kept the backup's copy is wanted too: beside, or instead. */
export async function takeCopy(core: Core, id: string, instead: boolean): Promise<void> {
  await core.change('beside', { ids: [id], instead })
  const now = paper.value
  if (now?.at !== 'list') return
  const accounts = now.accounts.map(({ other, ...one }) => (one.id === id ? { ...one, state: 'restored' as const } : { ...one, ...(other && { other }) }))
  await note({ ...now, accounts })
}

/** Ends it: what was restored stays, and nothing may read the backup any more, or
 *  show that it was opened. */
export async function end(): Promise<void> {
  const now = recovery.value
  await note(undefined)
  await forgetRestoreKeys()
  if (now) await unbind(now)
}

/** The reading ended, or the person would rather use another account. */
export async function startOver(): Promise<void> {
  if (paper.value?.at !== 'list') await end()
}
