/** The registrations of this phone, as the vault knows them, and the doors to
 *  their servers. What a server says about one of them is written back here. */
import { signal } from '@preact/signals'
import { clocks, heard } from '../store/clock'
import { keys } from '../store/keys'
import { store, vault } from '../store/store'
import { removeEntry, withEntry, type Entry, type Server, type ServerState } from '../store/vault'
import { difference, type Clock } from './clock'
import { ask, open, type Door } from './door'
import { calm } from './text'
import { Trouble } from './trouble'

/** An account that belongs to a sign-in service. */
export type Paired = Entry & { server: Server }

/** All that this phone has a registration of, in the order of the list. */
export function paired(entries: readonly Entry[] = vault.value.entries): Paired[] {
  return ofServices(entries).filter(({ server }) => server.state !== 'elsewhere')
}

/** Those that came from a backup and wait for a registration, too. */
export function ofServices(entries: readonly Entry[]): Paired[] {
  return entries.filter((entry): entry is Paired => entry.server !== undefined)
}

export function ofRegistration(registration: string): Paired | undefined {
  return paired().find(({ server }) => server.registration === registration)
}

/** The clock of a server, remembered in the vault. */
export function clockOf(issuer: string): Clock {
  return {
    now: () => Date.now() + (clocks.value.get(issuer) ?? 0),
    learn(sent, received, date) {
      const off = difference(sent, received, date)
      if (off !== undefined && off !== (clocks.value.get(issuer) ?? 0)) void heard(issuer, off)
    },
  }
}

/** The door of a registration. Without its key, or once it was removed, there
 *  is none: that reads as removed. */
export async function doorOf(registration: string): Promise<Door> {
  const entry = ofRegistration(registration)
  const pair = entry && entry.server.state !== 'removed' ? await keys.get(registration) : undefined
  if (!entry || !pair) throw new Trouble({ why: 'removed' })
  const { issuer } = entry.server
  return { issuer, registration, key: pair.privateKey, clock: clockOf(issuer) }
}

type Standing = (typeof standings)[number]
const standings = ['pending', 'active', 'suspended'] as const satisfies ServerState[]

/** What the server says about a registration, as far as the app keeps it. */
export type Told = {
  state: Standing
  pushKey: string
  securityURL: string
  pendingTest: string
  /** Apps that the person added after this one. */
  newer: Newer[]
  /** Apps that were there before this one and that it may remove; nothing when it may not. */
  older?: Older[]
  /** Changes of the account that wait, or happen now: each app can stop them. */
  waiting: Change[]
  serverTime: number
  /** The id of the organisation's logo, or nothing. */
  logo: string
  /** The server knows an unlock key of this phone. */
  unlock: boolean
  /** Whether this phone signs in without a password; nothing where the directory
   *  has no such thing. */
  passwordless?: boolean
}

export type Newer = { name: string; addedAt: number }

export type Older = Newer & { registration: string }

/** `readyAt` is by this phone's clock; when it is over, an app is being set up. */
export type Change = { id: string; what: 'app' | 'password'; name: string; browser: string; place: string; readyAt: number }

const securityURLs = new Map<string, string>()

/** Where the person manages sign-in methods, below the issuer. */
export function securityURL(registration: string): string {
  const issuer = ofRegistration(registration)?.server.issuer ?? ''
  const told = securityURLs.get(registration) ?? ''
  return told.startsWith(`${issuer}/`) ? told : `${issuer}/security`
}

const passwordless = signal<ReadonlyMap<string, boolean>>(new Map())

/** Whether a registration signs in without a password, where its server said so
 *  since the app was opened and its directory allows it. */
export function isPasswordless(registration: string): boolean | undefined {
  return passwordless.value.get(registration)
}

function notePasswordless(registration: string, is: boolean | undefined): void {
  const next = new Map(passwordless.peek())
  if (is === undefined) next.delete(registration)
  else next.set(registration, is)
  passwordless.value = next
}

const onlyOnes = new Set<string>()

/** Whether a person may be locked out without this app: its server says that it
 *  is their last and that one is needed. Where it does not answer soon, what it
 *  said before counts. */
export async function isOnly(registration: string): Promise<boolean> {
  await sync(registration, AbortSignal.timeout(3000)).catch(() => undefined)
  return onlyOnes.has(registration)
}

/** Asks the server about a registration and keeps what is new: its state, the
 *  push key, the name of the directory. */
export async function sync(registration: string, until?: AbortSignal): Promise<Told> {
  const call = { method: 'GET', path: '/device/registration', ...(until && { signal: until }) } as const
  const told = await ask(await doorOf(registration), call)
  const { directory, only, ...rest } = readTold(told)
  securityURLs.set(registration, rest.securityURL)
  notePasswordless(registration, rest.passwordless)
  if (only) onlyOnes.add(registration)
  else onlyOnes.delete(registration)
  await change(registration, (entry) => {
    const { server } = entry
    const own = entry.issuer !== server.directory.name // the person gave it a name of their own
    const same =
      server.state === rest.state && (server.pushKey ?? '') === rest.pushKey && server.directory.name === directory
    if (same) return entry
    return {
      ...entry,
      issuer: own ? entry.issuer : directory,
      server: { ...server, state: rest.state, pushKey: rest.pushKey, directory: { ...server.directory, name: directory } },
    }
  })
  return rest
}

/** Keeps that the server knows this registration no more. The tile stays and
 *  says so; one that never became active goes, or waits again for another. The
 *  key is of no use to anybody. */
export async function markRemoved(registration: string): Promise<void> {
  const entry = ofRegistration(registration)
  if (entry?.server.state === 'pending' && entry.server.waited) await change(registration, waitAgain)
  else if (entry?.server.state === 'pending') await store.change((before) => removeEntry(before, entry.id))
  else await change(registration, (known) => ({ ...known, server: { ...known.server, state: 'removed' } }))
  await keys.delete(registration)
}

function waitAgain(entry: Paired): Entry {
  const { waited: _, pushKey: __, pushScope: ___, ...server } = entry.server
  return { ...entry, server: { ...server, registration: '', state: 'elsewhere', code: { ...server.code, secret: '' } } }
}

/** Keeps the scope of the worker that waits for this server's knocks. */
export async function keepScope(registration: string, pushScope: string | undefined): Promise<void> {
  await change(registration, (entry) => {
    const { pushScope: _, ...server } = entry.server
    return { ...entry, server: pushScope === undefined ? server : { ...server, pushScope } }
  })
}

/** Tells the server that this phone leaves. One that is gone already is no trouble. */
export async function leave(registration: string): Promise<void> {
  try {
    await open(await doorOf(registration), { method: 'DELETE', path: '/device/registration' })
  } catch (thrown) {
    if (!(thrown instanceof Trouble) || thrown.reason.why !== 'removed') throw thrown
  } finally {
    await keys.delete(registration)
  }
}

/** Changes the entry of a registration; nothing if it is not there (any more). */
async function change(registration: string, fn: (entry: Paired) => Entry): Promise<void> {
  await store.change((before) => {
    const entry = paired(before.entries).find(({ server }) => server.registration === registration)
    if (!entry) return before
    const after = fn(entry)
    return after === entry ? before : withEntry(before, entry.id, () => after)
  })
}

function readTold(told: unknown): Told & { directory: string; only: boolean } {
  const fields = (told ?? {}) as Record<string, unknown>
  const { push_key: pushKey, security_url: url, pending_test: pendingTest } = fields
  const { name: directory, logo } = (fields.directory ?? {}) as Record<string, unknown>
  const state = standings.find((known) => known === fields.state)
  if (state === undefined) throw new Trouble({ why: 'stranger' })
  if (typeof directory !== 'string') throw new Trouble({ why: 'stranger' })
  return {
    state,
    directory: calm(directory),
    only: fields.only === true,
    pushKey: typeof pushKey === 'string' ? pushKey : '',
    securityURL: typeof url === 'string' ? url : '',
    pendingTest: typeof pendingTest === 'string' ? pendingTest : '',
    newer: readNewer(fields.newer),
    ...(Array.isArray(fields.older) && { older: readOlder(fields.older) }),
    waiting: readWaiting(fields.waiting, fields.server_time, Date.now()),
    logo: typeof logo === 'string' ? logo : '',
    unlock: fields.unlock === true,
    ...(fields.passwordless_ok === true && { passwordless: fields.passwordless === true }),
    serverTime: typeof fields.server_time === 'number' ? fields.server_time : 0,
  }
}

/** Reads what waits, from an answer that arrived at `now`. */
export function readWaiting(told: unknown, serverTime: unknown, now: number): Change[] {
  if (!Array.isArray(told) || typeof serverTime !== 'number') return []
  return told.flatMap((one: Record<string, unknown> | null) => {
    const { id, what, name, browser, place, ready_at: readyAt } = one ?? {}
    if (typeof id !== 'string' || (what !== 'app' && what !== 'password') || typeof readyAt !== 'number') return []
    const say = (text: unknown) => calm(typeof text === 'string' ? text : '', 64)
    return [{ id, what, name: say(name), browser: say(browser), place: say(place), readyAt: readyAt - serverTime + now }]
  })
}

/** Stops a change that waits. One that waits no more is no trouble. */
export async function stopWaiting(registration: string, id: string): Promise<void> {
  await open(await doorOf(registration), { method: 'DELETE', path: `/device/waiting/${encodeURIComponent(id)}` })
}

function readNewer(told: unknown): Newer[] {
  if (!Array.isArray(told)) return []
  return told.flatMap((one: { name?: unknown; added_at?: unknown } | null) => {
    const { name, added_at: addedAt } = one ?? {}
    return typeof name === 'string' && typeof addedAt === 'number' ? [{ name: calm(name), addedAt }] : []
  })
}

function readOlder(told: unknown[]): Older[] {
  return told.flatMap((one) => {
    const { registration } = (one ?? {}) as { registration?: unknown }
    return typeof registration === 'string' ? readNewer([one]).map((app) => ({ ...app, registration })) : []
  })
}

/** Removes apps that were there before this one, and signs the person out. `binding`
 *  is that of this phone, where the same account keeps the backup: it goes on. */
export async function removeOlder(registration: string, remove: readonly string[], binding?: string): Promise<void> {
  await open(await doorOf(registration), { method: 'POST', path: '/device/older', body: { remove, ...(binding && { binding }) } })
}
