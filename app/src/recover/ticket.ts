/** An account that came back by its name, on its way to a registration of this
 *  device (docs/protocol.md, section 11). Its ticket stands on a sealed paper and the
 *  device key beside the others, so that it can be left and gone on with, also after
 *  a wait of a day. It ends as any other pairing does. */
import { signal, type ReadonlySignal } from '@preact/signals'
import { goodName, platformOf } from '../pair/device'
import { add } from '../pair/pairing'
import { base64url, utf8 } from '../remote/bytes'
import { ask, open, parse, plain, readBytes, type Call, type Door } from '../remote/door'
import { number, object, stranger, word } from '../remote/fields'
import { newKey, publicOf, rebindMessage, restoreMessage, sign } from '../remote/message'
import { clockOf } from '../remote/registrations'
import { Trouble } from '../remote/trouble'
import { keys } from '../store/keys'
import { papers } from '../store/papers'
import { store } from '../store/store'
import type { Entry, Server } from '../store/vault'
import { restoreKey } from './restorekeys'

/** `open`: nobody has proven anything on the pages of the service yet. `offered`: the
 *  device takes the registration. `over`: too late, or something of the account changed. */
export type State = 'open' | 'waits' | 'ready' | 'offered' | 'done' | 'stopped' | 'over'

export type Ticket = {
  /** The account, by its entry in the vault. */
  entry: string
  issuer: string
  ticket: string
  name: string
  platform: string
  state: State
  /** The backup was opened here: nothing has to wait. */
  signed: boolean
  /** When the wait is over, by this device's clock. */
  readyAt?: number
}

type Waiting = Entry & { server: Server }

const paper = signal<readonly Ticket[]>([])

/** The accounts that are on their way. */
export const tickets: ReadonlySignal<readonly Ticket[]> = paper

export function ticketOf(entry: string): Ticket | undefined {
  return paper.value.find((one) => one.entry === entry)
}

/** Reads the tickets, here and whenever another tab goes on with one, and asks once
 *  how each of them stands. */
export async function followTickets(): Promise<void> {
  papers.follow((changed) => {
    if (changed === 'tickets') void learn().catch(() => undefined) // locked meanwhile
  })
  for (const one of await learn()) await refresh(one).catch(() => undefined) // out of reach: what is known stays
}

async function learn(): Promise<readonly Ticket[]> {
  return (paper.value = (await papers.read<readonly Ticket[]>('tickets')) ?? [])
}

async function change(fn: (before: readonly Ticket[]) => readonly Ticket[]): Promise<void> {
  paper.value = (await papers.change<readonly Ticket[]>('tickets', (before) => fn(before ?? []))) ?? []
}

/** Asks for a ticket, in the place of an older one; shows that the backup was opened
 *  here, if it was. Throws Trouble or StoreTrouble. */
export async function begin({ id, server: { issuer, subject } }: Waiting): Promise<void> {
  const pair = await newKey()
  const platform = platformOf(navigator.userAgent, navigator.maxTouchPoints)
  const asked = { subject, key: await publicOf(pair), name: goodName(platform), platform }
  const signature = base64url(await sign(pair.privateKey, rebindMessage(issuer, asked)))
  const sent = {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: utf8(JSON.stringify({ ...asked, signature })),
    signal: AbortSignal.timeout(20_000),
  }
  const told = object(parse(await readBytes(await plain(`${issuer}/device/rebind`, sent, clockOf(issuer)))))
  const [ticket, challenge] = [word(told.ticket), word(told.challenge)]
  const door: Door = { issuer, registration: ticket, key: pair.privateKey, clock: clockOf(issuer) }
  const by = await restoreKey(issuer, subject)
  if (by) {
    const shown = base64url(await sign(by, restoreMessage({ issuer, subject, ticket, challenge, key: asked.key })))
    await open(door, { method: 'PUT', path: '/device/rebind', body: { signature: shown } })
  }
  await forget(id)
  await keys.put(ticket, pair)
  await change((all) => [...all, { entry: id, issuer, ticket, name: asked.name, platform, state: 'open', signed: by !== undefined }])
}

/** Where the person proves who they are. */
export function pageOf({ issuer, ticket }: Ticket, login: string): string {
  return `${issuer}/restore/${ticket}?${new URLSearchParams({ login })}`
}

/** Follows a ticket until it ends or `until` says so, and takes the offer when
 *  there is one: true then, and the pairing says how that went. */
export async function follow(of: Ticket, until: AbortSignal): Promise<boolean> {
  while (!until.aborted) {
    const before = Date.now()
    const now = await refresh(of, { wait: 25, until })
    if (taken.has(of.ticket)) return true
    if (now === 'done' || now === 'stopped' || now === 'over') return false
    if (Date.now() - before < 1000) await pause(2000, until) // a server that does not wait
  }
  return false
}

/** By ticket, the offer that was taken last: one that ran out is followed by another. */
const taken = new Map<string, string>()

/** How long the server may wait for a change, in seconds, and what ends that. */
type Looking = { wait?: number; until?: AbortSignal }

/** Asks how a ticket stands, and keeps it. */
async function refresh(of: Ticket, how: Looking = {}): Promise<State> {
  if (await settled(of)) {
    await forget(of.entry)
    return 'done'
  }
  const told = await look(of, how)
  const { state, readyAt, offer } = told
  await change((all) => all.map((one) => (one.ticket === of.ticket && (one.state !== state || one.readyAt !== readyAt) ? { ...one, state, ...(readyAt && { readyAt }) } : one)))
  const pair = offer && taken.get(of.ticket) !== offer.offer && (await keys.get(of.ticket))
  if (pair) {
    taken.set(of.ticket, offer.offer)
    await add({ issuer: of.issuer, ...offer }, of.name, of.platform, pair)
  }
  return state
}

/** Whether the account needs no ticket any more: it is gone, or has a registration. */
async function settled({ entry }: Ticket): Promise<boolean> {
  const { entries } = await store.load()
  const state = entries.find(({ id }) => id === entry)?.server?.state
  return state !== 'elsewhere' && state !== 'pending'
}

type Told = { state: State; readyAt?: number; offer?: { offer: string; secret: string } }

async function look({ issuer, ticket }: Ticket, { wait, until }: Looking): Promise<Told> {
  const pair = await keys.get(ticket)
  if (!pair) return { state: 'over' }
  const door: Door = { issuer, registration: ticket, key: pair.privateKey, clock: clockOf(issuer) }
  const patience = AbortSignal.timeout(35_000)
  const call: Call = { method: 'GET', path: wait ? `/device/rebind?wait=${wait}` : '/device/rebind', signal: until ? AbortSignal.any([until, patience]) : patience }
  try {
    return readTold(await ask(door, call), Date.now())
  } catch (thrown) {
    if (thrown instanceof Trouble && thrown.reason.why === 'removed') return { state: 'over' }
    throw thrown
  }
}

const states: readonly State[] = ['open', 'waits', 'ready', 'offered', 'done', 'stopped', 'over']

/** Reads how a ticket stands, from an answer that arrived at `now`. */
export function readTold(answer: unknown, now: number): Told {
  const fields = object(answer)
  const state = states.find((one) => one === fields.state)
  if (!state) throw stranger()
  const told: Told = { state }
  if (fields.ready_at !== undefined) told.readyAt = number(fields.ready_at) - number(fields.server_time) + now
  if (fields.offer !== undefined) {
    const { offer, secret } = object(fields.offer)
    told.offer = { offer: word(offer), secret: word(secret) }
  }
  return told
}

/** Forgets the ticket of an account, and its key. */
export async function forget(entry: string): Promise<void> {
  const gone = paper.value.filter((one) => one.entry === entry)
  for (const { ticket } of gone) await keys.delete(ticket)
  if (gone.length > 0) await change((all) => all.filter((one) => one.entry !== entry))
}

function pause(ms: number, until: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    until.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
