/** What this device knows of its backup. It lies on a paper beside the vault and
 *  is never in the backup itself. */
import { computed, signal, type ReadonlySignal } from '@preact/signals'
import type { Keys } from '../core/ops'
import { papers } from '../store/papers'
import type { Binding } from './bind'
import { alarms, stateOf, type State, type Watch } from './watch'

/** Where this device is bound. */
export type Home = Pick<Binding, 'issuer' | 'binding' | 'subject' | 'login'>

/** A backup that is on. `etag` and `version` are of the newest generation that was
 *  taken in; `seen` is the newest version of the vault here that `watch` has heard of. */
export type Backup = Home & {
  keys: Keys
  etag?: string
  version: number
  watch: Watch
  seen: number
  /** When the server was found to have gone back. */
  setBack?: number
  /** When the newest was last opened for practice, and each way, by its id, with it. */
  practised?: number
  proven?: Record<string, number>
  /** Of registrations, which restore key their server knows, by its first coordinate. */
  vouched?: Record<string, string>
}

/** Signed in, but nothing opens the backup yet: it is off. */
export type Begun = Home & { keys?: never }

const current = signal<Backup | Begun | undefined>(undefined)
const now = signal(Date.now())

/** The backup, if it is on. */
export const backup: ReadonlySignal<Backup | undefined> = computed(() => (current.value?.keys ? current.value : undefined))

/** A sign-in that led to no backup yet. */
export const begun: ReadonlySignal<Begun | undefined> = computed(() => (current.value && !current.value.keys ? current.value : undefined))

/** How it is, as a person sees it. */
export const state: ReadonlySignal<State | undefined> = computed(() => backup.value && stateOf(backup.value.watch, now.value))

/** Something is to be done about it. */
export const alarm = computed(() => state.value !== undefined && alarms(state.value))

/** Time passes, and a backup grows stale. */
export function tick(): void {
  now.value = Date.now()
}

/** Reads the paper. Throws StoreTrouble. */
export async function learn(): Promise<Backup | Begun | undefined> {
  tick()
  current.value = await papers.read<Backup | Begun>('backup')
  return current.value
}

/** Hears what other tabs write of it. */
export function follow(): void {
  papers.follow((name) => {
    if (name === 'backup') void learn().catch(() => undefined) // locked meanwhile: the page leaves
  })
}

/** The backup as it is on the disk, if it is on. Throws StoreTrouble. */
export async function read(): Promise<Backup | undefined> {
  const found = await papers.read<Backup | Begun>('backup')
  return found?.keys ? found : undefined
}

/** Writes it, in the place of whatever there was; with nothing it is off. */
export async function write(next: Backup | Begun | undefined): Promise<void> {
  current.value = await papers.change<Backup | Begun>('backup', () => next)
  tick()
}

/** Changes a backup that is on. `fn` is pure. */
export async function edit(fn: (backup: Backup) => Backup): Promise<void> {
  current.value = await papers.change<Backup | Begun>('backup', (before) => (before?.keys ? fn(before) : before))
  tick()
}
