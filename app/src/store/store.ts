/** The vault while the app is open: one signal that every screen reads, and one
 *  way to change it. A change is sealed and on the disk before anybody sees it,
 *  wholly or not at all, and every tab of the app agrees on it. */
import { computed, signal, type ReadonlySignal } from '@preact/signals'
import { alone } from './alone'
import { together, transact } from './database'
import { newest, type Found } from './newest'
import { nameOf, openRing, ringNow, type DataKey, type Ring } from './ring'
import { newRing } from './rings'
import { seal, type Sealed } from './seal'
import { StoreTrouble, storeTrouble } from './trouble'
import { emptyVault, type Vault } from './vault'

/** Makes the vault that is to be from the one that is. */
export type Changing = (vault: Vault) => Vault | Promise<Vault>

/** How many versions are kept: if the newest will not open, the one before it does. */
export const kept = 5

const current = signal<Found>({ generation: 0, at: 0, vault: emptyVault(), damaged: false })
const shown = signal<Vault>(current.value.vault)
const ready = signal(false)

/** The vault as it is on the disk. Empty until `store.load()`. */
export const vault: ReadonlySignal<Vault> = shown

/** True once the vault was read. */
export const loaded: ReadonlySignal<boolean> = ready

/** True on a phone on which nothing was ever kept. */
export const fresh = computed(() => current.value.generation === 0)

/** Which version of the vault that is; each change makes the next. */
export const vaultGeneration = computed(() => current.value.generation)

const channel = new BroadcastChannel('countersign/vault')
channel.onmessage = () => void refresh().catch(() => undefined) // the next change will say why

export const store = {
  /** Reads the newest version. Throws StoreTrouble. */
  async load(): Promise<Vault> {
    if (!ready.value) adopt(await newest())
    return shown.value
  },

  /** Takes what the first paint has already read. */
  adopt,

  /** Changes the vault and answers when the change is on the disk. `fn` is pure:
   *  it may be called again if another tab was quicker, and gets the newest
   *  vault each time; returning that very vault changes nothing. It may take its
   *  time; other tabs wait. Throws StoreTrouble, and then nothing has changed. */
  async change(fn: Changing): Promise<void> {
    try {
      await alone(async () => {
        while (!(await attempt(fn))) await refresh()
      })
    } catch (thrown) {
      throw storeTrouble(thrown)
    }
  },
}

/** True when the newest versions would not open and an older one is shown. */
export function damaged(): Date | undefined {
  return current.value.damaged ? new Date(current.value.at) : undefined
}

function adopt(found: Found): void {
  if (ready.value && found.generation <= current.value.generation) return
  current.value = found
  shown.value = found.vault
  ready.value = true
}

/** Reads again what another tab wrote. */
async function refresh(): Promise<void> {
  adopt(await newest())
}

/** One try: read, change, seal, add. False if another tab added this generation
 *  first, or made a new data key: `add` never overwrites and never mixes keys,
 *  with or without the lock. */
async function attempt(fn: Changing): Promise<boolean> {
  const top = await topGeneration()
  if (top > current.value.generation || !ready.value) await refresh()
  const before = current.value
  const after = await fn(before.vault)
  if (after === before.vault) return true
  const generation = Math.max(top, before.generation) + 1
  const data = await ownDataKey()
  const sealed = await seal(data.key, generation, Date.now(), after)
  if (!(await add(sealed, data))) return false
  adopt({ generation, at: sealed.at, vault: after, damaged: false })
  channel.postMessage(generation)
  return true
}

async function topGeneration(): Promise<number> {
  const keys = await transact('versions', 'readonly', (versions) => versions.getAllKeys())
  return Number(keys.at(-1) ?? 0)
}

/** Adds a version and drops those beyond the kept ones, in one transaction. False
 *  if its place is taken, or the data key is not this one any more. */
async function add(sealed: Sealed, { id }: DataKey): Promise<boolean> {
  let ours = true
  const adding = together(['secrets', 'versions'], 'readwrite', (tx) => {
    const ring: IDBRequest<Ring> = tx.objectStore('secrets').get('data')
    ring.onsuccess = () => {
      ours = nameOf(ring.result) === id
      if (!ours) tx.abort()
    }
    const versions = tx.objectStore('versions')
    versions.add(sealed)
    const oldest = sealed.generation - kept
    if (oldest > 0) versions.delete(IDBKeyRange.upperBound(oldest))
    return () => undefined
  })
  return unlessThere(adding).catch((thrown: unknown) => {
    if (ours) throw thrown
    return false
  })
}

/** Whether something was added: false if its place was taken. */
async function unlessThere(adding: Promise<unknown>): Promise<boolean> {
  try {
    await adding
    return true
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === 'ConstraintError') return false
    throw thrown
  }
}

/** The data key; made at the first change, of the vault or of what lies beside it. Of two tabs that make one at the
 *  same time, the second uses the first one's. */
export async function ownDataKey(): Promise<DataKey> {
  const found = await ringNow()
  if (found) return openRing(found)
  if ((await topGeneration()) > 0) throw new StoreTrouble('unreadable')
  const { ring } = await newRing()
  await unlessThere(transact('secrets', 'readwrite', (secrets) => secrets.add(ring, 'data')))
  const made = await ringNow()
  if (!made) throw new StoreTrouble('blocked')
  return openRing(made)
}
