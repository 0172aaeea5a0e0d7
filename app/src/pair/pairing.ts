/** Pairing as the app lives it: an offer is confirmed, a key is made, the server
 *  accepts, everything is on the disk, and only then does anybody see it. What
 *  is under way is written down first, so that a phone that goes dark in the
 *  middle can go on, or say what happened. */
import { signal } from '@preact/signals'
import { transact } from '../store/database'
import { keys } from '../store/keys'
import { store } from '../store/store'
import { StoreTrouble, storeTrouble } from '../store/trouble'
import { addEntry, newId, withEntry, type Vault } from '../store/vault'
import { base64url, utf8 } from '../remote/bytes'
import { open, parse, plain, readBytes } from '../remote/door'
import { newKey, pairMessage, publicOf, sign, type Pairing } from '../remote/message'
import { clockOf, ofRegistration, ofServices, paired, sync, type Paired } from '../remote/registrations'
import { calm } from '../remote/text'
import { Trouble, type Reason } from '../remote/trouble'
import { readAnswer, toEntry, type Answer } from './answer'
import type { Offer } from './link'

/** Why an account was not added. `here`: it is on this phone already. `lost`:
 *  this phone took the offer, but never heard the answer. */
export type Failure =
  | { why: 'unknown' | 'lost' | 'expired' | 'mistyped' | 'full' | 'stranger' | 'clock' | 'offline' | 'unreachable' }
  | { why: 'used'; by: string }
  | { why: 'busy'; after: number }
  | { why: 'here'; entry: string }
  | { why: 'storage'; reason: StoreTrouble['why'] }

/** Where the pairing is. Nothing was sent before `adding`; all is kept once it
 *  is `added`. `until` is when the offer ends, by this device's clock. */
export type Step =
  | { at: 'adding'; offer: Offer }
  | { at: 'failed'; offer: Offer; failure: Failure }
  | { at: 'added'; registration: string; until: number }

export const step = signal<Step | undefined>(undefined)

/** One pairing at a time, noted beside the device keys until it is settled. */
type Note = {
  registration: typeof underWay
  pair: CryptoKeyPair
  offer: Offer
  name: string
  platform: string
  at: number
}
const underWay = 'pairing'
const offerLasts = 600_000

/** Takes an offer, after the person confirmed its host. One that is for a single
 *  device key is taken with that `pair`. */
export async function add(offer: Offer, name: string, platform: string, pair?: CryptoKeyPair): Promise<void> {
  step.value = { at: 'adding', offer }
  lastNames = { name, platform }
  try {
    const note: Note = { registration: underWay, pair: pair ?? (await newKey()), offer, name, platform, at: Date.now() }
    await write(note)
    await settle(note)
  } catch (thrown) {
    step.value = { at: 'failed', offer, failure: failureOf(thrown) }
  }
}

/** Goes on with a pairing that was cut off, if there is one. True if it took
 *  something up that a person should see. */
export async function resume(): Promise<boolean> {
  const note = await read()
  if (!note) return false
  step.value = { at: 'adding', offer: note.offer }
  try {
    if (Date.now() - note.at > offerLasts) throw new Trouble({ why: 'refused', code: 'offer_expired', status: 410, detail: {} })
    await settle(note)
  } catch (thrown) {
    const failure = failureOf(thrown)
    const own = failure.why === 'used' && failure.by === note.name // we were the first ourselves
    step.value = { at: 'failed', offer: note.offer, failure: own ? { why: 'lost' } : failure }
  }
  return true
}

/** Tries once more what failed: the same message if it may have been heard,
 *  otherwise a new one for the same offer. */
export async function retry(): Promise<void> {
  const before = step.value
  if (await resume().catch(() => false)) return
  if (before?.at === 'failed' && lastNames) await add(before.offer, lastNames.name, lastNames.platform)
}

let lastNames: { name: string; platform: string } | undefined

/** Sends, keeps, and tears the note up. After a failure of the network the note
 *  stays: the server may have heard us, and hears the very same again. */
async function settle(note: Note): Promise<void> {
  const { offer, pair } = note
  try {
    const answer = await send(note)
    await keep(offer.issuer, answer, pair)
    await forget()
    step.value = { at: 'added', registration: answer.registration, until: Date.now() + answer.lasts }
  } catch (thrown) {
    if (!(thrown instanceof Trouble) || !mayBeHeard(thrown.reason)) await forget()
    throw thrown
  }
}

/** Whether the server may have heard the message without our hearing its answer. */
function mayBeHeard(reason: Reason): boolean {
  return reason.why === 'offline' || reason.why === 'unreachable'
}

async function send({ offer, pair, name, platform }: Note): Promise<Answer> {
  const { issuer, ...by } = offer
  const pairing: Pairing = { ...by, key: await publicOf(pair), name, platform }
  const signature = base64url(await sign(pair.privateKey, pairMessage(issuer, pairing)))
  const clock = clockOf(issuer)
  const response = await plain(
    `${issuer}/device/pair`,
    {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: utf8(JSON.stringify({ ...pairing, signature })),
      signal: AbortSignal.timeout(20_000),
    },
    clock,
  )
  return readAnswer(parse(await readBytes(response)), issuer, clock.now())
}

/** Puts key and account on the disk. An account that is here and works stays as
 *  it is, and the server hears that the new registration is not wanted. */
async function keep(issuer: string, answer: Answer, pair: CryptoKeyPair): Promise<void> {
  const before = paired().find(({ server }) => sameAccount(server, answer))
  if (before && (await stillWorks(before))) {
    const door = { issuer, registration: answer.registration, key: pair.privateKey, clock: clockOf(issuer) }
    await open(door, { method: 'DELETE', path: '/device/registration' }).catch(() => undefined)
    throw new Here(before.id)
  }
  await keys.put(answer.registration, pair)
  await store.change((vault) => placed(vault, answer))
  if (before) await keys.delete(before.server.registration)
}

/** The vault with the account: in its old place if it was here and is of no use,
 *  or came from a backup and waited for this. */
function placed(vault: Vault, answer: Answer): Vault {
  const before = ofServices(vault.entries).find(({ server }) => sameAccount(server, answer))
  if (!before) return addEntry(vault, toEntry(answer, newId(), Date.now()))
  const waited = before.server.state === 'elsewhere' || before.server.waited === true
  return withEntry(vault, before.id, (old) => ({ ...old, server: { ...answer.server, ...(waited && { waited }) } }))
}

/** The same (issuer, directory, subject): never the same address. */
function sameAccount(server: Paired['server'], answer: Answer): boolean {
  const { issuer, directory, subject } = answer.server
  return server.issuer === issuer && server.directory.id === directory.id && server.subject === subject
}

/** Asks the server about a registration that looks alive. No answer counts as
 *  alive: what works is not given up because a network failed. */
async function stillWorks({ server }: Paired): Promise<boolean> {
  if (server.state !== 'active') return false
  try {
    return (await sync(server.registration)).state === 'active'
  } catch (thrown) {
    return !(thrown instanceof Trouble && thrown.reason.why === 'removed')
  }
}

class Here extends Error {
  readonly entry: string
  constructor(entry: string) {
    super('here')
    this.entry = entry
  }
}

function failureOf(thrown: unknown): Failure {
  if (thrown instanceof Here) return { why: 'here', entry: thrown.entry }
  if (thrown instanceof StoreTrouble) return { why: 'storage', reason: thrown.why }
  if (thrown instanceof Trouble) return refusal(thrown.reason)
  return { why: 'storage', reason: storeTrouble(thrown).why }
}

function refusal(reason: Reason): Failure {
  switch (reason.why) {
    case 'offline':
    case 'unreachable':
    case 'clock':
      return { why: reason.why }
    case 'busy':
      return { why: 'busy', after: reason.after }
    case 'refused':
      return refused(reason.code, reason.detail)
    default:
      return { why: 'stranger' }
  }
}

function refused(code: string, detail: Record<string, unknown>): Failure {
  switch (code) {
    case 'offer_unknown':
      return { why: 'unknown' }
    case 'offer_expired':
      return { why: 'expired' }
    case 'code_mistyped':
      return { why: 'mistyped' }
    case 'full':
      return { why: 'full' }
    case 'offer_used':
      return { why: 'used', by: calm(typeof detail.taken_by === 'string' ? detail.taken_by : '', 64) }
  }
  return { why: 'stranger' }
}

/** The account of a registration that is still waiting for its test, if it is. */
export function waitingFor(registration: string): Paired | undefined {
  const entry = ofRegistration(registration)
  return entry?.server.state === 'pending' ? entry : undefined
}

async function write(note: Note): Promise<void> {
  await transact('devices', 'readwrite', (devices) => devices.put(note))
}

async function read(): Promise<Note | undefined> {
  return transact<Note | undefined>('devices', 'readonly', (devices) => devices.get(underWay))
}

async function forget(): Promise<void> {
  await keys.delete(underWay)
}
